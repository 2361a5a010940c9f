package risk

import (
	"maps"
	"slices"
)

var networkRules = []Rule{
	{ID: "network/policy-removed", Level: Caution, Title: "A NetworkPolicy is removed",
		Doc:    "Pods stay that no other policy of the cluster selects: they are open to all traffic.",
		object: policyRemoved},
	{ID: "network/policy-widened", Level: Caution, Title: "A NetworkPolicy allows more",
		Doc:    "Traffic that was refused is let through.",
		object: policyWidened},
	{ID: "network/no-dns", Level: Caution, Title: "Pods can no longer resolve names",
		Doc:    "A NetworkPolicy let its pods ask on port 53, and neither it nor another of the cluster does any more: they find no Service by its name.",
		object: nameless},
	{ID: "network/isolated", Level: Caution, Title: "A NetworkPolicy closes what was open",
		Doc:    "Pods that no policy of the cluster selected may talk to everybody; from the first one on, what none allows is refused.",
		object: isolated},
	{ID: "network/exposed", Level: Caution, Title: "A Service or an Ingress can be reached by more",
		Doc:    "A Service gets type LoadBalancer or NodePort or external addresses; source ranges go or become wider; the load balancer of a cloud is no longer internal.",
		object: exposed},
	{ID: "network/unexposed", Level: Caution, Title: "A Service's address outside goes or changes",
		Doc:    "Its type is no longer LoadBalancer or NodePort, or it has another node port, load balancer or external address: who comes by the old one reaches nobody.",
		object: unexposed},
	{ID: "network/port-gone", Level: Caution, Title: "A Service no longer has a port",
		Doc:    "Whoever asks for the old number gets no answer.",
		object: portGone},
	{ID: "network/redirected", Level: Caution, Title: "A Service's name leads elsewhere",
		Doc:    "It leads out of the cluster now, or to another host there, or its selector goes: nobody looks after its endpoints any more.",
		object: redirected},
	{ID: "network/traffic-policy", Level: Caution, Title: "A Service's traffic policy changes",
		Doc:    "With Local only nodes that have a pod of it answer; without, its pods no longer see who asks.",
		object: trafficPolicy},
	{ID: "network/ingress-host", Level: Caution, Title: "A host is no longer routed",
		Doc:    "No release of the cluster has it any more: requests for it no longer reach the Service.",
		object: hostGone},
	{ID: "network/ingress-path", Level: Caution, Title: "A path is no longer routed",
		Doc:    "Its host still is, and no Ingress or route of the cluster has the path, or one above it: requests for it are not found.",
		object: pathGone},
	{ID: "network/ingress-class", Level: Caution, Title: "Another controller serves an Ingress",
		Doc:    "Its class changes or goes: its address is another, and annotations for the old controller, be it of whom to let in, mean nothing to the new one.",
		object: classChanged},
	{ID: "network/no-pods", Level: Caution, Title: "A Service no longer selects any pods",
		Doc:     "Its selector and the labels of pods, of whatever release of the cluster, no longer meet: nobody answers.",
		release: noPods},
	{ID: "network/ingress-tls", Level: Caution, Title: "A host loses TLS",
		Doc:    "It is served in clear text, or under the controller's own certificate.",
		object: tlsGone},
	{ID: "network/ingress-auth", Level: Caution, Title: "An Ingress no longer asks who somebody is",
		Doc:    "The annotation goes by which its controller asked for a password or a certificate, or sent clients elsewhere to log in.",
		object: guardGone},
	{ID: "network/webhook-fails-closed", Level: Caution, Title: "A webhook fails closed",
		Doc: "With failurePolicy Fail, nothing that it is asked about can be written while it does not answer. So for one that is asked about more namespaces or objects than before.",
		object: func(o *object) []finding {
			return slices.Concat(gathered(failsClosed)(o), gathered(asksMore)(o))
		}},
}

// relabels tells whether pods get other labels.
func (o *object) relabels() bool {
	before, after := o.before.podsOf(), o.after.podsOf()
	if len(before) != len(after) {
		return true
	}
	for i := range before {
		if !maps.Equal(labelsOf(before[i].template), labelsOf(after[i].template)) {
			return true
		}
	}
	return false
}
