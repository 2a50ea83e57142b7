public struct ObjectPage: Sendable, Equatable {
    public var objects: [ObjectInfo]
    /// `nil` after the last page.
    public var next: String?

    public init(objects: [ObjectInfo], next: String?) {
        self.objects = objects
        self.next = next
    }
}
