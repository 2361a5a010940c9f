package render

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"text/template"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// variation answers the functions whose answers change from render to render:
// the clock and the random source. A release that asks one of them is rendered
// a second time by an answerer that gives different answers on purpose, so that
// what differs between the two is found always and not most of the time.
//
// The first render's answers are real random ones, also where they will be
// refused: nothing predictable ever becomes a secret.
type variation struct {
	now    time.Time
	cheap  bool     // keys may be of another kind than the one asked for: nobody will use them
	drawn  []string // the answers so far, to be avoided by the other render
	avoid  []string // those of the first render
	at     int
	asked  bool
	differ bool // this is the second render
}

// other is the variation of the second render.
func (v *variation) other() *variation {
	return &variation{now: shifted(v.now), cheap: true, avoid: v.drawn, differ: true}
}

// shifted is a time that has no field in common with t, morning and afternoon
// included.
func shifted(t time.Time) time.Time {
	s := t.AddDate(1, 1, 1).Add(time.Hour + time.Minute + time.Second + 1001001)
	for same(s, t) {
		s = s.Add(25 * time.Hour)
	}
	return s
}

func same(a, b time.Time) bool {
	return a.Month() == b.Month() || a.Day() == b.Day() || a.Weekday() == b.Weekday() || a.YearDay() == b.YearDay() ||
		a.Hour()%12 == b.Hour()%12 || a.Hour()/12 == b.Hour()/12
}

// draws is how often another answer is tried for: a function such as
// `randInt 0 1` has no other.
const draws = 64

// answer draws until the answer is not the one that the first render had here.
func (v *variation) answer(draw func() (string, error)) (string, error) {
	v.asked = true
	s, err := draw()
	if v.differ && v.at < len(v.avoid) {
		for i := 0; err == nil && s == v.avoid[v.at] && i < draws; i++ {
			s, err = draw()
		}
		v.at++
	}
	v.drawn = append(v.drawn, s)
	return s, err
}

func (v *variation) present() time.Time {
	v.asked = true
	return v.now
}

// unstable replaces the functions that ask the clock or a random source.
func (e *executor) unstable(f template.FuncMap) {
	present := func() time.Time { return e.run.variation.present() }
	when := func(date any) time.Time {
		if t, ok := instant(date); ok {
			return t
		}
		return present()
	}
	format := func(layout string, date any, name string) string { return when(date).In(zone(name)).Format(layout) }
	f["now"] = present
	f["date"] = func(layout string, date any) string { return format(layout, date, "Local") }
	f["dateInZone"] = format
	f["date_in_zone"] = format
	f["htmlDate"] = func(date any) string { return format(time.DateOnly, date, "Local") }
	f["htmlDateInZone"] = func(date any, name string) string { return format(time.DateOnly, date, name) }
	f["ago"] = func(date any) string { return present().Sub(when(date)).Round(time.Second).String() }
	round := sprigFunction[func(any) string]("durationRound")
	f["durationRound"] = func(d any) string {
		if t, ok := d.(time.Time); ok {
			d = int64(present().Sub(t))
		}
		return round(d)
	}

	for _, name := range []string{"randAlphaNum", "randAlpha", "randAscii", "randNumeric"} {
		draw := sprigFunction[func(int) string](name)
		f[name] = func(n int) (string, error) {
			if err := e.length(n); err != nil {
				return "", err
			}
			return e.run.variation.answer(func() (string, error) { return draw(n), nil })
		}
	}
	randBytes := sprigFunction[func(int) (string, error)]("randBytes")
	f["randBytes"] = func(n int) (string, error) {
		if err := e.length(n); err != nil {
			return "", err
		}
		return e.run.variation.answer(func() (string, error) { return randBytes(n) })
	}
	f["randInt"] = func(low, high int) (int, error) {
		if high <= low {
			return 0, fmt.Errorf("there is no number from %d up to, but not, %d", low, high)
		}
		n := 0
		_, err := e.run.variation.answer(func() (string, error) {
			n = low + rand.IntN(high-low)
			return fmt.Sprint(n), nil
		})
		return n, err
	}
	uuid := sprigFunction[func() string]("uuidv4")
	f["uuidv4"] = func() (string, error) {
		return e.run.variation.answer(func() (string, error) { return uuid(), nil })
	}
	f["shuffle"] = func(s string) (string, error) {
		return e.run.variation.answer(func() (string, error) {
			runes := []rune(s)
			rand.Shuffle(len(runes), func(i, j int) { runes[i], runes[j] = runes[j], runes[i] })
			return string(runes), nil
		})
	}
	encrypt := sprigFunction[func(string, string) (string, error)]("encryptAES")
	f["encryptAES"] = func(password, text string) (string, error) {
		return e.run.variation.answer(func() (string, error) { return encrypt(password, text) })
	}
	f["bcrypt"] = func(password string) (string, error) {
		return e.run.variation.answer(func() (string, error) { return e.bcrypt(password) })
	}
	htpasswd := sprigFunction[func(string, string) string]("htpasswd")
	f["htpasswd"] = func(user, password string) (string, error) {
		return e.run.variation.answer(func() (string, error) {
			if !e.run.variation.cheap {
				return htpasswd(user, password), e.inTime()
			}
			hash, err := e.bcrypt(password)
			return user + ":" + hash, err
		})
	}
	derive := sprigFunction[func(uint32, string, string, string, string) string]("derivePassword")
	f["derivePassword"] = func(counter uint32, kind, password, user, site string) (string, error) {
		return derive(counter, kind, password, user, site), e.inTime()
	}
	e.keys(f)
}

// length bounds a random text.
func (e *executor) length(n int) error {
	if n > maxElements {
		return tooMany(float64(n))
	}
	return e.produce(max(n, 0))
}

func (e *executor) bcrypt(password string) (string, error) {
	cost := bcrypt.DefaultCost
	if e.run.variation.cheap {
		cost = bcrypt.MinCost
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err == nil {
		err = e.inTime()
	}
	return string(hash), err
}

// keys replaces the functions that make keys and certificates. An RSA key takes
// a hundred times the rest of a chart; where nobody will use the answer, a
// P-256 key stands for it, as random as any.
func (e *executor) keys(f template.FuncMap) {
	private := sprigFunction[func(string) string]("genPrivateKey")
	f["genPrivateKey"] = func(kind string) (string, error) {
		return e.run.variation.answer(func() (string, error) {
			if e.run.variation.cheap && (kind == "" || kind == "rsa" || kind == "dsa") {
				kind = "ecdsa"
			}
			return private(kind), e.inTime()
		})
	}
	for _, name := range []string{"genCA", "genSelfSignedCert", "genSignedCert"} {
		own := reflect.ValueOf(sprigFunctions[name])
		with := reflect.ValueOf(sprigFunctions[name+"WithKey"])
		f[name] = reflect.MakeFunc(own.Type(), func(args []reflect.Value) []reflect.Value {
			v := e.run.variation
			v.asked = true
			if err := e.inTime(); err != nil {
				return []reflect.Value{reflect.Zero(own.Type().Out(0)), reflect.ValueOf(&err).Elem()}
			}
			if v.cheap {
				return with.Call(append(args, reflect.ValueOf(private("ecdsa"))))
			}
			return own.Call(args)
		}).Interface()
		f[name+"WithKey"] = reflect.MakeFunc(with.Type(), func(args []reflect.Value) []reflect.Value {
			e.run.variation.asked = true
			return with.Call(args)
		}).Interface()
	}
}
