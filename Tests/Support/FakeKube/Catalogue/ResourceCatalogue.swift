/// The resources that a server has. Custom ones are added before the server starts.
package struct ResourceCatalogue: Sendable {
    package private(set) var types: [ResourceType]

    package init(_ types: [ResourceType] = ResourceCatalogue.builtIn) { self.types = types }

    package mutating func add(_ type: ResourceType) { types.append(type) }

    package func type(group: String, version: String, plural: String) -> ResourceType? {
        types.first { $0.plural == plural && $0.version == version && $0.group == group }
    }

    package func type(apiVersion: String, kind: String) -> ResourceType? {
        types.first { $0.kind == kind && $0.apiVersion == apiVersion }
    }

    /// Group and versions in the order in which they were added; the first version is preferred.
    var groups: [(name: String, versions: [String])] {
        var groups: [(name: String, versions: [String])] = []
        for type in types {
            if let index = groups.firstIndex(where: { $0.name == type.group }) {
                if !groups[index].versions.contains(type.version) { groups[index].versions.append(type.version) }
            } else {
                groups.append((type.group, [type.version]))
            }
        }
        return groups
    }

    /// What a pipeline's operator meets. More than the project uses, so that `kubectl` feels at home.
    package static let builtIn: [ResourceType] = [
        ResourceType("v1", "namespaces", "Namespace", namespaced: false, short: ["ns"], subresources: ["status"]),
        ResourceType("v1", "nodes", "Node", namespaced: false, short: ["no"], subresources: ["status", "proxy"]),
        ResourceType(
            "v1", "pods", "Pod", short: ["po"], categories: ["all"],
            subresources: [
                "status", "log", "exec", "attach", "portforward", "proxy", "eviction", "binding", "ephemeralcontainers",
                "resize",
            ]),
        ResourceType("v1", "configmaps", "ConfigMap", short: ["cm"]),
        ResourceType("v1", "secrets", "Secret"),
        ResourceType("v1", "serviceaccounts", "ServiceAccount", short: ["sa"], subresources: ["token"]),
        ResourceType(
            "v1", "services", "Service", short: ["svc"], categories: ["all"], subresources: ["status", "proxy"]),
        ResourceType("v1", "endpoints", "Endpoints", short: ["ep"]),
        ResourceType("v1", "events", "Event", short: ["ev"], storage: "events"),
        ResourceType("v1", "persistentvolumeclaims", "PersistentVolumeClaim", short: ["pvc"], subresources: ["status"]),
        ResourceType("v1", "podtemplates", "PodTemplate"),
        ResourceType("v1", "resourcequotas", "ResourceQuota", short: ["quota"], subresources: ["status"]),
        ResourceType("v1", "limitranges", "LimitRange", short: ["limits"]),
        ResourceType("events.k8s.io/v1", "events", "Event", short: ["ev"], storage: "events"),
        ResourceType("batch/v1", "jobs", "Job", categories: ["all"], subresources: ["status"]),
        ResourceType("batch/v1", "cronjobs", "CronJob", short: ["cj"], categories: ["all"], subresources: ["status"]),
        ResourceType(
            "apps/v1", "deployments", "Deployment", short: ["deploy"], categories: ["all"],
            subresources: ["status", "scale"]),
        ResourceType(
            "apps/v1", "replicasets", "ReplicaSet", short: ["rs"], categories: ["all"],
            subresources: ["status", "scale"]),
        ResourceType(
            "apps/v1", "statefulsets", "StatefulSet", short: ["sts"], categories: ["all"],
            subresources: ["status", "scale"]),
        ResourceType(
            "apps/v1", "daemonsets", "DaemonSet", short: ["ds"], categories: ["all"], subresources: ["status"]),
        ResourceType("coordination.k8s.io/v1", "leases", "Lease"),
        ResourceType("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget", short: ["pdb"]),
        ResourceType("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy", short: ["netpol"]),
        ResourceType("rbac.authorization.k8s.io/v1", "roles", "Role"),
        ResourceType("rbac.authorization.k8s.io/v1", "rolebindings", "RoleBinding"),
        ResourceType("rbac.authorization.k8s.io/v1", "clusterroles", "ClusterRole", namespaced: false),
        ResourceType("rbac.authorization.k8s.io/v1", "clusterrolebindings", "ClusterRoleBinding", namespaced: false),
        ResourceType(
            "admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration",
            namespaced: false),
        ResourceType(
            "admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration",
            namespaced: false),
        ResourceType(
            "apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced: false,
            short: ["crd", "crds"], subresources: ["status"]),
        ResourceType(
            "authentication.k8s.io/v1", "selfsubjectreviews", "SelfSubjectReview", namespaced: false, verbs: ["create"]),
        ResourceType(
            "authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced: false,
            verbs: ["create"]),
        ResourceType(
            "authorization.k8s.io/v1", "subjectaccessreviews", "SubjectAccessReview", namespaced: false,
            verbs: ["create"]),
    ]

    /// Kruise's, for servers on which it is installed.
    package static let containerRecreateRequests = ResourceType(
        "apps.kruise.io/v1alpha1", "containerrecreaterequests", "ContainerRecreateRequest", short: ["crr"],
        subresources: ["status"])
}
