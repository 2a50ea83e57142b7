/// The images that a `FakeNode` has.
package struct FakeImages: Sendable {
    /// Programs by image and command; the empty command is the image's own.
    package var programs: [String: [[String]: FakeProgram]] = [:]
    /// Images that exit with 0, with the paths and names they answer to.
    package var exits: [String: Set<String>] = [:]

    /// Of our exit image.
    package static let signalProgram = "/kpipe-signal"

    /// What images run that are in neither; `nil`: there is no such image.
    package var others: @Sendable (_ image: String, _ command: [String]) -> FakeProgram? = { _, _ in nil }

    package init() {}

    func canBePulled(_ image: String) -> Bool {
        programs[image] != nil || exits[image] != nil || others(image, []) != nil
    }

    /// `nil` where the image has no such program.
    func program(_ image: String, _ command: [String]) -> FakeProgram? {
        if let names = exits[image] {
            guard let first = command.first else { return FakeProgram(.init(0, after: 0.1)) }
            return names.contains(first) ? FakeProgram(.init(0, after: 0.1)) : nil
        }
        return programs[image]?[command] ?? others(image, command)
    }
}
