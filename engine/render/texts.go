package render

import (
	"sync"
	"text/template/parse"
)

// textName is what Helm calls every text given to tpl.
const textName = "gotpl"

// keepTexts bounds the bytes of text whose templates are remembered.
const keepTexts = 8 << 20

// maxText bounds a text given to tpl.
const maxText = 8 << 20

// texts remembers the templates in texts given to tpl: most come again in
// every render.
type texts struct {
	mu    sync.Mutex
	trees map[string]map[string]*parse.Tree
	size  int
}

func (c *Chart) text(text string) (map[string]*parse.Tree, error) {
	if len(text) > maxText {
		return nil, limitError("a text given to tpl has more than " + size(maxText))
	}
	c.texts.mu.Lock()
	trees, ok := c.texts.trees[text]
	c.texts.mu.Unlock()
	if ok {
		return trees, nil
	}
	trees, err := c.parse(textName, text)
	if err != nil {
		return nil, err
	}
	c.texts.mu.Lock()
	defer c.texts.mu.Unlock()
	if c.texts.size += len(text); c.texts.trees == nil || c.texts.size > keepTexts {
		c.texts.trees, c.texts.size = map[string]map[string]*parse.Tree{}, len(text)
	}
	c.texts.trees[text] = trees
	return trees, nil
}
