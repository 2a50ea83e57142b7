import Foundation

/// A control group whose processes may use little memory, where tests may make one.
package struct MemoryLimit {
    private let folder: String

    /// Write a process's number into it.
    package var processes: String { "\(folder)/cgroup.procs" }

    package static let isPossible = (try? MemoryLimit(bytes: 64 << 20))?.remove() ?? false

    package init(bytes: Int) throws {
        let text = try String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)
        let lines = text.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        let name = "kpipe-test-\(UUID().uuidString)"
        if let legacy = lines.first(where: { $0[1] == "memory" }) {
            folder = "/sys/fs/cgroup/memory\(legacy[2])/\(name)"
            try make()
            try write("\(bytes)", to: "memory.limit_in_bytes")
        } else {
            let own = lines.first { $0[1].isEmpty }?[2] ?? "/"
            folder = "/sys/fs/cgroup\(own)/\(name)"
            try make()
            try write("\(bytes)", to: "memory.max")
            try? write("0", to: "memory.swap.max")
        }
    }

    private func make() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    private func write(_ text: String, to file: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(file)"))
        } catch {
            remove()
            throw error
        }
    }

    /// Once its processes have ended. Whether it is gone.
    @discardableResult
    package func remove() -> Bool { rmdir(folder) == 0 }
}
