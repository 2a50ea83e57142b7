package struct ObjectPage: Sendable, Equatable {
    package var objects: [ObjectInfo]
    /// `nil` after the last page.
    package var next: String?

    package init(objects: [ObjectInfo], next: String?) {
        self.objects = objects
        self.next = next
    }
}
