package risk

import (
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// Restarts forecasts which workloads of a release roll, and why.
func Restarts(r diff.Release) []Restart { return newRelease(nil, &r).restarts() }

// restarts is the forecast of a release. What rolls when somebody deletes its
// pods, or at its next run, is no part of it.
func (r *release) restarts() []Restart {
	if r.rolls == nil {
		r.rolls = map[manifest.ID]Restart{}
		hashes, going := r.hashes(), r.going()
		for _, o := range r.objects {
			if f, rolls := o.restart(hashes, going); rolls {
				f.Cluster, f.Environment, f.Release, f.Object = r.Cluster, r.Environment, r.Release.Release, o.id
				r.forecast = append(r.forecast, f)
				r.rolls[o.id] = f
			}
		}
	}
	return r.forecast
}

// rolled is how a kind replaces its pods.
type rolled int

const (
	never    rolled = iota // what runs goes on: Jobs, ReplicaSets
	rolling                // a few at a time
	atOnce                 // all stop before new ones start
	onDelete               // when somebody deletes them
	inPlace                // a Pod's containers, for another image
)

func (s *side) rolled() rolled {
	t := s.tree()
	switch {
	case is(s.ID, "apps", "Deployment"):
		switch {
		case truth(t, "spec", "paused"):
			return never
		case text(t, "spec", "strategy", "type") == "Recreate":
			return atOnce
		}
		return rolling
	case is(s.ID, "apps", "StatefulSet", "DaemonSet"):
		if text(t, "spec", "updateStrategy", "type") == "OnDelete" {
			return onDelete
		}
		return rolling
	case is(s.ID, "", "Pod"):
		return inPlace
	case is(s.ID, "apps", "ReplicaSet"), is(s.ID, "", "ReplicationController"), s.ID.Group == "batch":
		return never
	case len(s.podsOf()) == 1 && s.podsOf()[0].path.String() == "spec.template": // as Deployments are made: Rollout, CloneSet
		return rolling
	}
	return never
}

func (o *object) restart(hashes map[string]string, going map[manifest.ID]*side) (Restart, bool) {
	if o.after == nil || o.Hook() || len(o.after.podsOf()) == 0 {
		return Restart{}, false
	}
	before, recreated := o.before, o.renamed()
	if before == nil {
		before, recreated = going[manifest.ID{Namespace: o.id.Namespace, Name: o.id.Name}], true
	}
	if before == nil || len(before.podsOf()) == 0 {
		return Restart{}, false
	}
	how := o.after.rolled()
	if how == never || how == onDelete && !recreated {
		return Restart{}, false
	}
	f := Restart{Pods: 1, AllAtOnce: how == atOnce}
	if recreated {
		f.Why, f.AllAtOnce = []Why{WhyRecreate}, false
	} else {
		f.Why = o.why(hashes)
	}
	if len(f.Why) == 0 || how == inPlace && !recreated && f.Why[0] != WhyImage {
		return Restart{}, false
	}
	if o.id.Kind == "DaemonSet" {
		f.PerNode = true
		return f, true
	}
	return f, o.count(&f, before, recreated)
}

// going are the workloads that make place for one of their name, by namespace and
// name.
func (r *release) going() map[manifest.ID]*side {
	all := map[manifest.ID]*side{}
	for _, o := range r.objects {
		if o.Status == manifest.Removed && !o.Hook() && o.before.rolled() != never && o.keeps() == "" {
			all[manifest.ID{Namespace: o.id.Namespace, Name: o.id.Name}] = o.before
		}
	}
	return all
}

// count fills how many pods are replaced; false where there are none.
func (o *object) count(f *Restart, old *side, recreated bool) bool {
	if o.id.Kind == "Pod" {
		return true
	}
	before, has := old.replicas()
	after, known := o.after.replicas()
	if !known {
		return true
	}
	if a := o.after.in.scaler(o.After); a != nil && after != 0 {
		f.Pods, f.Scaler = a.min, a.String()
		return true
	}
	if f.Pods = after; is(o.id, "apps", "StatefulSet") && !recreated {
		if partition, ok := whole(get(o.after.tree(), "spec", "updateStrategy", "rollingUpdate", "partition")); ok {
			f.Pods = max(0, after-partition)
		}
	}
	return f.Pods > 0 && (before > 0 || !has || old.in.scaler(old.Object) != nil)
}

// hashes are the ConfigMaps and Secrets that kustomize gave another hash.
func (r *release) hashes() map[string]string {
	names := map[string]string{}
	for _, o := range r.objects {
		if o.Rename == diff.Hash {
			names[o.Before.ID.Name] = o.After.ID.Name
		}
	}
	return names
}

// why compares the pod templates as the API server does, and says what kinds of
// difference there are; the weightiest first.
func (o *object) why(hashes map[string]string) []Why {
	before, after := o.before.podsOf()[0], o.after.podsOf()[0]
	var all []Why
	for _, l := range leaves(nil, strip(before.template, before.body), strip(after.template, after.body)) {
		if l.isDefault() {
			continue
		}
		if why := l.why(hashes); !slices.Contains(all, why) {
			all = append(all, why)
		}
	}
	order := []Why{WhyImage, WhyEnv, WhyConfig, WhySpec, WhyLabel}
	slices.SortFunc(all, func(a, b Why) int { return slices.Index(order, a) - slices.Index(order, b) })
	if len(all) > 1 {
		all = slices.DeleteFunc(all, func(w Why) bool { return w == WhyLabel })
	}
	return all
}

// strip is what of a template makes a pod, with the pull policies that the API
// server fills in by the images' tags.
func strip(template, spec tree) tree {
	spec = maps.Clone(spec)
	for _, list := range containerLists {
		var filled []any
		for _, c := range mapsOf(items(spec, list)) {
			c = maps.Clone(c)
			policy := "IfNotPresent"
			if r := parseReference(text(c, "image")); r.digest == "" && (r.tag == "" || r.tag == "latest") {
				policy = "Always"
			}
			standard(c, "imagePullPolicy", policy)
			filled = append(filled, c)
		}
		if filled != nil {
			spec[list] = filled
		}
	}
	return tree{"labels": sub(template, "metadata", "labels"), "annotations": sub(template, "metadata", "annotations"), "spec": spec}
}

func (l leaf) why(hashes map[string]string) Why {
	keys := l.path.Keys()
	before, after := diff.Scalar(l.before), diff.Scalar(l.after)
	switch {
	case keys[0] == "annotations":
		if len(keys) > 1 && isChecksum(keys[1]) {
			return WhyConfig
		}
		return WhyLabel
	case keys[0] == "labels":
		return WhyLabel
	case before != "" && after != "" && hashes[before] == after:
		return WhyConfig
	case keys[len(keys)-1] == "image" && len(keys) == 3 && slices.Contains(containerLists, keys[1]):
		return WhyImage
	case len(keys) > 2 && slices.Contains(containerLists, keys[1]) && (keys[2] == "env" || keys[2] == "envFrom"):
		return WhyEnv
	}
	return WhySpec
}

// isChecksum tells an annotation that follows a configuration.
func isChecksum(key string) bool {
	key = strings.ToLower(key)
	return strings.Contains(key, "checksum") || strings.Contains(key, "hash") || strings.Contains(key, "sha256")
}

// isDefault tells whether a field only comes or goes with the value that the API
// server would give it: no pod is replaced for that.
func (l leaf) isDefault() bool {
	n := len(l.path)
	if n == 0 {
		return false
	}
	standard, known := podDefaults[l.path[n-1].Key]
	if !known && n > 1 {
		standard, known = podDefaults[l.path[n-2].Key+"."+l.path[n-1].Key]
	}
	return known && (l.before == nil && l.after == standard || l.after == nil && l.before == standard)
}

// podDefaults are what the API server puts into pods, by the field's name, with
// that of its parent where it needs one. Read only.
var podDefaults = map[string]any{
	"protocol": "TCP", "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
	"timeoutSeconds": int64(1), "periodSeconds": int64(10), "successThreshold": int64(1), "failureThreshold": int64(3),
	"httpGet.scheme": "HTTP", "httpGet.path": "/", "grpc.service": "",
	"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "terminationGracePeriodSeconds": int64(30),
	"defaultMode": int64(420), "serviceAccountToken.expirationSeconds": int64(3600), "hostPath.type": "", "spec.volumeMode": "Filesystem",
	"fieldRef.apiVersion": "v1", "resourceFieldRef.divisor": "0", "value": "",
	"hostNetwork": false, "hostPID": false, "hostIPC": false, "readOnly": false, "stdin": false, "stdinOnce": false, "tty": false,
	"serviceName": "", "volumeName": "", "serviceAccountName": "", "serviceAccount": "", "priorityClassName": "", "nodeName": "", "hostname": "", "subdomain": "",
}

// use is how a pod reads a ConfigMap or Secret.
type use int

const (
	unused   use = iota
	mounted      // files that follow
	frozenIn     // variables, or files by subPath: they are as they were at the start
)

func (p pod) uses(id manifest.ID) use {
	ref := manifest.Reference{Kind: id.Kind, Name: id.Name}
	reads := func(spec tree) bool { return slices.Contains(manifest.References(tree{"spec": spec}), ref) }
	how := unused
	for _, c := range p.containers {
		if reads(tree{"containers": []any{c.body}}) {
			return frozenIn
		}
	}
	for _, v := range mapsOf(items(p.body, "volumes")) {
		if !reads(tree{"volumes": []any{v}}) {
			continue
		}
		how = max(how, mounted)
		for _, c := range p.containers {
			for _, m := range mapsOf(items(c.body, "volumeMounts")) {
				if text(m, "name") == text(v, "name") && (text(m, "subPath") != "" || text(m, "subPathExpr") != "") {
					return frozenIn
				}
			}
		}
	}
	return how
}
