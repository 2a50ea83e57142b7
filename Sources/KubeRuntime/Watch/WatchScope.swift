public import KubeClient
public import KubeModel

/// What is watched: one kind, in one namespace or all, selected by labels and fields.
public struct WatchScope: Sendable {
    public var resource: APIResource
    /// `nil`: all namespaces.
    public var namespace: String?
    public var labelSelector: String
    public var fieldSelector: String
    public var encoding: APIRequest.Encoding

    public init(
        _ resource: APIResource, namespace: String? = nil, labelSelector: String = "", fieldSelector: String = "",
        encoding: APIRequest.Encoding = .json
    ) {
        self.resource = resource
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.encoding = encoding
    }

    var path: String { resource.path(namespace: namespace ?? "") }

    var selectors: [(name: String, value: String)] {
        [("labelSelector", labelSelector), ("fieldSelector", fieldSelector)].filter { !$0.1.isEmpty }
    }
}
