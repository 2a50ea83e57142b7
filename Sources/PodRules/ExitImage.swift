/// An image that exits with 0 at once, under the names of the programs that containers usually start.
///
/// A container's `command` stays when its image is swapped, so the swap ends well only where the new image has that
/// program as well.
package struct ExitImage: Sendable, Equatable {
    package var reference: String
    /// Names of the programs it answers to.
    package var programs: Set<String>
    /// Where they lie; `/exit` is there as well.
    package var folders: Set<String>

    package init(
        _ reference: String, programs: Set<String> = ExitImage.shippedPrograms,
        folders: Set<String> = ExitImage.shippedFolders
    ) {
        self.reference = reference
        self.programs = programs
        self.folders = folders
    }

    /// Of the image that `scripts/build-images` makes, from `scripts/lib/exit-names.txt`.
    package static let shippedPrograms: Set<String> = [
        "ash", "bash", "busybox", "dash", "deno", "dumb-init", "env", "java", "ksh", "lua", "node", "nodejs", "perl",
        "php", "pwsh", "python", "python2", "python3", "python3.9", "python3.10", "python3.11", "python3.12",
        "python3.13", "python3.14", "Rscript", "ruby", "sh", "sleep", "tail", "tini", "zsh",
    ]
    package static let shippedFolders: Set<String> = [
        "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/busybox",
    ]
    private static let program = "/exit"

    /// Whether a container with this `command` finds its program here.
    ///
    /// - Parameter searchPath: `PATH` as the pod sets it; the image's own otherwise.
    package func runs(command: [String], searchPath: String? = nil) -> Bool {
        // Without a command the image's own entrypoint runs.
        guard let first = command.first else { return true }
        if first == Self.program { return true }
        guard let slash = first.lastIndex(of: "/") else {
            let path = searchPath?.split(separator: ":").map(String.init)
            return programs.contains(first) && (path.map { !folders.isDisjoint(with: $0) } ?? true)
        }
        return folders.contains(String(first[..<slash]))
            && programs.contains(String(first[first.index(after: slash)...]))
    }

    /// Made by `scripts/build-images`: what it runs exits with 0 whatever its arguments, and it can send signals.
    package var isOurs: Bool { SidecarRule.repository(of: reference) == "kpipe-exit" }

    /// The volume under which the program lies that a container would run from this image, or where it is looked for: what
    /// is started is the volume's then, and not the image's.
    package func mount(overProgramOf container: ContainerFacts) -> String? {
        let programs: [String] =
            switch container.command.first {
            case nil: [Self.program]
            case let first? where first.contains("/"): [first]
            case let name?:
                (container.searchPath?.split(separator: ":").map(String.init)
                    ?? Self.standardPath + folders.sorted()).map { "\($0)/\(name)" }
            }
        return container.mountPaths.first { mount in
            let mount = Self.parts(mount)
            return programs.contains { Self.parts($0).starts(with: mount) }
        }
    }

    /// What runtimes take where neither image nor pod sets `PATH`.
    private static let standardPath = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]

    /// The names on a path from the root, as `path.Clean` leaves them.
    private static func parts(_ path: String) -> [Substring] {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts
    }
}
