package schema

// language is the whole project file. It is read, never changed.
var language = block{
	Name: "a project file",
	Blocks: []block{
		{
			Name: "project", Label: "name", Once: true,
			Doc: "The project. It stands in weir.hcl, once.",
			Attributes: []attribute{
				{Name: "requires", Type: kindString, Doc: "Version constraint on weir itself, as in \">= 0.1.0\". A plain string: it is read before anything is evaluated."},
				{Name: "include", Type: kindInclude, Default: "[]", Doc: "Globs of further project files, relative to weir.hcl; `**` crosses directories. Plain strings."},
			},
			Blocks: []block{{
				Name: "commit", Once: true,
				Doc: "What stands in the commits of the state repositories, beside what Weir writes itself. Evaluated for each cluster, before anything is written anywhere; it sees `commit`, of which `releases` has environment, release, status, from, chart, old_version, version, objects and line each, `objects` counts created, changed, unchanged and removed ones, `source` has url and commit, \"\" where they are not known. Nothing in it can be sensitive.",
				Attributes: []attribute{
					{Name: "subject", Type: kindString, Doc: "The first line; `--message` wins over it. Without it, or where it is empty: `commit.summary`."},
					{Name: "body", Type: kindString, Doc: "Text above the lines that Weir writes, one per release."},
					{Name: "trailers", Type: kindStringMap, Default: "{}", Doc: "Trailers above Weir's own, by name; one that is null is left out."},
				},
			}},
		},
		{
			Name: "locals", Free: true,
			Doc: "Named expressions, seen as `local.<name>`. Each is evaluated when something asks for it.",
		},
		{
			Name: "variable", Label: "name",
			Doc: "An input: `--var name=…`, then --var-file, *.auto.vars.hcl, weir.vars.hcl, WEIR_VAR_<name>, then the default. Seen as `var.<name>`. Without a default it must be given where something asks for it.",
			Attributes: []attribute{
				{Name: "type", Type: kindConstraint, Default: "any", Doc: "Terraform's type constraints: string, number, bool, list(…), set(…), map(…), object({…}), optional(…). An optional(…) attribute that nobody gives is null to expressions, and not there in values: it leaves the chart's default alone."},
				{Name: "default", Type: kindAny, Doc: "The value where none is given; it sees nothing but functions."},
				{Name: "description", Type: kindString, Doc: "For people."},
				{Name: "sensitive", Type: kindBool, Default: "false", Doc: "The value, and all that is made from it, is masked wherever a person reads it."},
			},
			Blocks: []block{{
				Name: "validation",
				Doc:  "A rule on the value.",
				Attributes: []attribute{
					{Name: "condition", Type: kindAny, Required: true, Doc: "False refuses the value; it sees `var`."},
					{Name: "error_message", Type: kindString, Required: true, Doc: "What to tell the user."},
				},
			}},
		},
		{
			Name: "repository", Label: "name",
			Doc: "A chart repository over HTTP(S) or an OCI registry prefix; `chart = \"<name>/<chart>\"` refers to it. Credentials never live here.",
			Attributes: []attribute{
				{Name: "url", Type: kindString, Required: true, Doc: "https://… or oci://…"},
				{Name: "ca_file", Type: kindString, Doc: "PEM file with the authorities that vouch for the server, instead of the machine's. A file of the project, or of the machine where it is absolute or begins with ~/."},
				{Name: "certificate", Type: kindString, Doc: "PEM file with the client certificate that is shown to the server."},
				{Name: "key", Type: kindString, Doc: "PEM file with the key of `certificate`, where it is not in that file."},
				{Name: "keyring", Type: kindString, Doc: "OpenPGP public keys. With it, a chart is locked only if its provenance file (.prov) is signed by one of them."},
				{Name: "plain_http", Type: kindBool, Default: "false", Doc: "Speak to this OCI registry without TLS."},
			},
		},
		{
			Name: "cluster", Label: "name",
			Doc: "One Kubernetes cluster with one canonical-state repository.",
			Attributes: []attribute{
				{Name: "kubernetes", Type: kindString, Required: true, Doc: "The Kubernetes version that charts are rendered for, as in \"1.34\"."},
				{Name: "cluster_scoped", Type: kindStrings, Default: "[]", Doc: "Kinds without a namespace whose CRDs are not in the project, as in \"ClusterIssuer.cert-manager.io\"; kinds that nobody knows are taken as namespaced."},
				{Name: "api_versions", Type: kindStrings, Default: "[]", Doc: "API versions added to Helm's built-in set, as in \"monitoring.coreos.com/v1\"."},
				{Name: "labels", Type: kindStringMap, Default: "{}", Doc: "What `clusters` of an environment and `match` of an overlay select."},
				{Name: "context", Type: kindString, Doc: "kubeconfig context for sync, drift and bootstrap."},
				{Name: "signers", Type: kindForbidden},
			},
			Blocks: []block{
				{
					Name: "state", Once: true,
					Doc: "The dedicated state repository of this cluster. Without it: a local Git repository in state/<cluster>.",
					Attributes: []attribute{
						{Name: "repository", Type: kindString, Required: true, Doc: "Where it is, as `git clone` takes it: https://…, ssh://…, user@host:path, or a path relative to the project. Only `weir hydrate --push` writes there."},
						{Name: "branch", Type: kindString, Default: "main", Doc: "The branch that only weir writes."},
					},
				},
				{Name: "agent", Reserved: true},
				{Name: "allow", Reserved: true},
			},
		},
		{
			Name: "environment", Label: "name",
			Doc: "Where releases go. A target is one (environment, cluster) pair.",
			Attributes: []attribute{
				{Name: "abstract", Type: kindBool, Default: "false", Doc: "Can be extended, never targeted."},
				{Name: "extends", Type: kindStrings, Default: "[]", Doc: "Environments whose values and namespace come first, merged deeply in order; a later one wins."},
				{Name: "clusters", Type: kindClusters, Default: "[]", Doc: "Names, globs, or { labels = {…} }; not inherited."},
				{Name: "namespace", Type: kindString, Default: "default", Doc: "The namespace of releases that name none."},
				{Name: "values_files", Type: kindStrings, Default: "[]", Doc: "YAML files, in order, below `values`."},
				{Name: "values", Type: kindValues, Default: "{}", Doc: "Seen by releases as `env.values`."},
			},
		},
		{
			Name: "defaults", Once: true,
			Doc:        "A fragment of every release, lowest in precedence.",
			Attributes: fragmentAttributes,
			Blocks:     fragmentBlocks,
		},
		{
			Name: "profile", Label: "name",
			Doc:        "A named fragment that a release takes with `profiles`.",
			Attributes: fragmentAttributes,
			Blocks:     fragmentBlocks,
		},
		{
			Name: "release", Label: "name",
			Doc: "A Helm release, plain manifests, or both. With for_each, one release <label>-<key> per element.",
			Attributes: append([]attribute{
				{Name: "for_each", Type: kindForEach, Doc: "One release per element; `each.key` and `each.value` are seen by the rest."},
				{Name: "profiles", Type: kindStrings, Default: "[]", Doc: "Profiles, lowest first."},
				{Name: "environments", Type: kindStrings, Default: `["*"]`, Doc: "Globs of the environments that have this release."},
				{Name: "when", Type: kindBool, Default: "true", Doc: "False leaves the release out of this target, and removes it there."},
				{Name: "needs", Type: kindStrings, Default: "[]", Doc: "Releases that come first: of the same target, or <environment>/<release> of another one on the same cluster. The label of a for_each block means all of its releases."},
				{Name: "bootstrap", Type: kindForbidden},
			}, fragmentAttributes...),
			Blocks: append([]block{
				{
					Name: "environment", Label: "name or glob",
					Doc:        "An overlay for the environments that its label matches.",
					Attributes: fragmentAttributes,
					Blocks:     fragmentBlocks,
				},
				{
					Name: "cluster", Label: "name or glob", Unlabelled: true,
					Doc: "An overlay for the clusters that its label or `match` selects; after the environment overlays.",
					Attributes: append([]attribute{
						{Name: "match", Type: kindMatch, Doc: "Instead of a label: the cluster has all of these labels."},
					}, fragmentAttributes...),
					Blocks: fragmentBlocks,
				},
				{Name: "ready", Reserved: true},
			}, fragmentBlocks...),
		},
		{
			Name: "namespace", Label: "name",
			Doc: "What create_namespace writes for this namespace. A Namespace that a chart renders wins.",
			Attributes: []attribute{
				{Name: "labels", Type: kindStringMap, Default: "{}", Doc: "Labels of the Namespace."},
				{Name: "annotations", Type: kindStringMap, Default: "{}", Doc: "Annotations of the Namespace."},
			},
		},
		{
			Name: "removed", Label: "release", Repeats: true,
			Doc: "Says that the disappearance of a release's declaration was meant. May stay for ever.",
			Attributes: []attribute{
				{Name: "environments", Type: kindStrings, Default: `["*"]`, Doc: "Globs of the environments it disappears from."},
				{Name: "reason", Type: kindString, Doc: "For people, and for the commit."},
			},
		},
		{
			Name: "moved",
			Doc:  "Says that a release goes on under another name. May stay for ever.",
			Attributes: []attribute{
				{Name: "from", Type: kindString, Required: true, Doc: "The old name."},
				{Name: "to", Type: kindString, Required: true, Doc: "The new name."},
			},
		},
		{
			Name: "policy", Once: true,
			Doc: "How bad the findings of `weir diff` are for this project.",
			Attributes: []attribute{
				{Name: "levels", Type: kindStringMap, Default: "{}", Doc: "Levels by the id of a rule, as in { \"rbac/wildcard\" = \"block\", \"image/*\" = \"info\" }: block, caution, info, or off. Globs may be written; \"*\" means every rule, and the most specific name wins. What is not named keeps its own level."},
			},
		},
		{
			Name: "accept", Label: "rule", Repeats: true,
			Doc: "Waives one finding of `weir diff` until a day: it is still shown, with the reason, and no longer counts. Without `object` only findings about a whole release are meant, without both `object` and `release` only those about a whole target.",
			Attributes: []attribute{
				{Name: "release", Type: kindString, Doc: "The release that it is about; a name or a glob. Any that has the object, where it is left out."},
				{Name: "environments", Type: kindStrings, Default: `["*"]`, Doc: "Globs of the environments in which it is accepted."},
				{Name: "clusters", Type: kindStrings, Default: `["*"]`, Doc: "Globs of the clusters on which it is accepted."},
				{Name: "object", Type: kindString, Doc: "The object, as in \"StatefulSet data/db\" or \"ClusterRole.rbac.authorization.k8s.io reader\": kind, with its group or without, [namespace/]name. Namespace and name may be globs; without a namespace, any."},
				{Name: "path", Type: kindString, Doc: "The field, as `weir diff` writes it, or one above it; all fields where it is left out."},
				{Name: "reason", Type: kindString, Required: true, Doc: "Why this is fine. Shown beside the finding."},
				{Name: "until", Type: kindDate, Required: true, Doc: "The last day on which it holds, as in \"2026-12-31\"."},
			},
		},
	},
}

// fragmentAttributes is what a release shares with defaults, profiles and
// overlays: everything that has an overlay rule.
var fragmentAttributes = []attribute{
	{Name: "chart", Type: kindString, Overlay: replaces, Doc: "<repository>/<chart>, a directory (./charts/web) or .tgz of the project, oci://…, git::…//path?ref=…, or https://….tgz."},
	{Name: "version", Type: kindString, Overlay: replaces, Doc: "Version constraint of a remote chart; weir.lock.hcl holds the exact one."},
	{Name: "manifests", Type: kindStrings, Overlay: replaces, Default: "[]", Doc: "Globs of plain manifests, beside the chart or instead of one."},
	{Name: "name", Type: kindString, Overlay: replaces, Doc: "Helm's release name; the release's own name by default."},
	{Name: "namespace", Type: kindString, Overlay: replaces, Doc: "The namespace; the environment's by default, else \"default\"."},
	{Name: "labels", Type: kindStringMap, Overlay: mergesByKey, Default: "{}", Doc: "What --selector sees; never put on objects."},
	{Name: "values_files", Type: kindStrings, Overlay: ownLayer, Default: "[]", Doc: "YAML files, in order, below `values` of the same block."},
	{Name: "values", Type: kindValues, Overlay: ownLayer, Default: "{}", Doc: "Chart values. Maps merge deeply, lists replace, a null that is written deletes the chart's default."},
	{Name: "create_namespace", Type: kindBool, Overlay: replaces, Default: "false", Doc: "Write a Namespace object for the release's namespace."},
	{Name: "hooks", Type: kindString, OneOf: []string{"keep", "drop"}, Overlay: replaces, Default: "keep", Doc: "What happens to Helm hooks; test hooks are always dropped."},
	{Name: "crds", Type: kindString, OneOf: []string{"include", "skip", "only"}, Overlay: replaces, Default: "include", Doc: "What happens to CustomResourceDefinitions."},
	{Name: "secrets", Type: kindString, OneOf: []string{"refuse", "omit", "allow"}, Overlay: replaces, Default: "refuse", Doc: "What happens to a rendered Secret with data: `omit` leaves it out and lists it in the metadata, so the cluster must have it."},
	{Name: "nondeterminism", Type: kindString, OneOf: []string{"fail", "keep"}, Overlay: replaces, Default: "fail", Doc: "What happens to templates that render differently each time: `keep` carries what is committed."},
	{Name: "restart_on_config_change", Type: kindBool, Overlay: replaces, Default: "false", Doc: "Put the hash of the ConfigMaps and Secrets that a workload uses into its pod template."},
}

var fragmentBlocks = []block{
	{
		Name: "kustomize", Once: true,
		Doc: "Post-processing, in the order of this page.",
		Attributes: []attribute{
			{Name: "directory", Type: kindString, Overlay: appends, Doc: "A kustomization; the rendered objects are added to its resources. Several run one after the other: the next one gets what the one before made."},
			{Name: "components", Type: kindStrings, Overlay: appends, Default: "[]", Doc: "Kustomize components."},
			{Name: "labels", Type: kindStringMap, Overlay: mergesByKey, Default: "{}", Doc: "Labels on objects, never in selectors."},
			{Name: "annotations", Type: kindStringMap, Overlay: mergesByKey, Default: "{}", Doc: "Annotations on objects."},
			{Name: "replicas", Type: kindCounts, Overlay: mergesByKey, Default: "{}", Doc: "Replicas by the name of the workload."},
		},
		Blocks: []block{
			{
				Name: "image", Label: "image name",
				Doc: "Replaces parts of an image reference. Overlays append.",
				Attributes: []attribute{
					{Name: "new_name", Type: kindString, Doc: "The new name, registry included."},
					{Name: "new_tag", Type: kindString, Doc: "The new tag."},
					{Name: "digest", Type: kindString, Doc: "sha256:…; replaces the tag."},
				},
			},
			{
				Name: "patch",
				Doc:  "A strategic merge or a JSON 6902 patch, told apart by its content. Overlays append.",
				Attributes: []attribute{
					{Name: "target", Type: kindSelector, Doc: "What it applies to: anchored regular expressions, all of which match. Without it the patch's own identity selects."},
					{Name: "file", Type: kindString, Doc: "A file with the patch."},
					{Name: "patch", Type: kindString, Doc: "The patch itself, instead of a file."},
				},
			},
		},
	},
	{
		Name: "sync", Once: true,
		Doc: "What sync must know of the release.",
		Attributes: []attribute{
			{Name: "prune", Type: kindBool, Overlay: replaces, Default: "true", Doc: "Delete from the cluster what left the release."},
			{Name: "wait", Type: kindBool, Overlay: replaces, Default: "true", Doc: "Wait until the objects are ready before what needs them."},
			{Name: "timeout", Type: kindDuration, Overlay: replaces, Default: "5m", Doc: "How long to wait."},
			{Name: "adopt", Type: kindStrings, Overlay: replaces, Default: `["kubectl", "helm"]`, Doc: "Field managers whose fields are taken over."},
		},
		Blocks: []block{{
			Name: "ignore",
			Doc:  "Fields left out of the comparison with the live object. Overlays append.",
			Attributes: []attribute{
				{Name: "group", Type: kindString, Doc: "API group; \"\" for the core group."},
				{Name: "kind", Type: kindString, Required: true, Doc: "Kind."},
				{Name: "name", Type: kindString, Doc: "Name; all of the kind where it is left out."},
				{Name: "namespace", Type: kindString, Doc: "Namespace; all where it is left out."},
				{Name: "fields", Type: kindStrings, Required: true, Doc: "JSON pointers, as in \"/spec/replicas\"."},
			},
		}},
	},
}
