import Basics
import Glibc
import Transfer
package import WorkdirProtocol

/// The shared volume, held by the one live agent. It is opened once; everything in it is reached from there, because main
/// may put a link in the place of anything at any time.
final class Volume: Sendable {
    let root: FolderHandle
    let own: FolderHandle
    private let lock: Int32

    /// Opens and locks the volume, making the folders of the contract.
    ///
    /// - Parameter openToAll: lets main write as another user, as in a pod.
    /// - Throws: `.temporary` while another agent lives on it, `.permission` or `.inputOutput` where it cannot be used.
    init(_ path: String, openToAll: Bool) throws(VolumeError) {
        root = try FolderHandle(path: path)
        own = try root.folder(WorkdirPath.own, openToAll: openToAll)
        lock = try Self.lock(own, of: path)
        do throws(VolumeError) {
            _ = try root.folder(WorkdirPath.input)
            _ = try root.folder(WorkdirPath.output, openToAll: openToAll)
        } catch {
            close(lock)
            throw error
        }
    }

    deinit { close(lock) }

    private static let lockTries = 10
    /// In microseconds.
    private static let lockPause: UInt32 = 20_000

    /// Held until the process ends, however it ends.
    private static func lock(_ own: FolderHandle, of path: String) throws(VolumeError) -> Int32 {
        let name = ownName(WorkdirPath.lock)
        let file = openat(own.descriptor, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .last("open the lock", own.display(name)) }
        // An entrypoint takes it for a moment to see whether an agent is here.
        var tries = 0
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            tries += 1
            if errno == EWOULDBLOCK, tries < lockTries {
                usleep(lockPause)
                continue
            }
            let error =
                errno == EWOULDBLOCK
                ? VolumeError(
                    .temporary,
                    "another agent is at work in \(path); one volume serves one agent, so give this one its own")
                : .last("lock", own.display(name))
            close(file)
            throw error
        }
        return file
    }

    /// Keeps room for the agent's markers on a volume that main may fill. Without any to keep, one does without.
    func reserve() {
        let room = [UInt8](repeating: UInt8(ascii: " "), count: WorkdirPath.reservedBytes)
        try? own.replace(Self.ownName(WorkdirPath.agentReserve), with: room)
    }

    /// Replaces one of the contract's files, named by its path below the root, in the room that was kept where there is no
    /// other.
    func publish(_ path: String, _ text: String) throws(VolumeError) {
        let (folder, name) = locate(path)
        do throws(VolumeError) {
            try folder.replace(name, with: Array(text.utf8))
        } catch {
            guard exists(WorkdirPath.agentReserve) else { throw error }
            try remove(WorkdirPath.agentReserve)
            try folder.replace(name, with: Array(text.utf8))
        }
    }

    func read(_ path: String, limit: Int = 4096) -> MarkerFile? {
        let (folder, name) = locate(path)
        return folder.read(name, limit: limit)
    }

    func remove(_ path: String) throws(VolumeError) {
        let (folder, name) = locate(path)
        try folder.remove(name)
    }

    func exists(_ path: String) -> Bool {
        let (folder, name) = locate(path)
        return folder.exists(name)
    }

    /// What keeps main's markers from getting here.
    var silence: LifecycleMachine.Silence? {
        guard own.isAt(WorkdirPath.own, in: root) else { return .folderDeleted }
        return isFull ? .volumeFull : nil
    }

    /// There is no room left, so that main may not even have been able to say how it ended.
    var isFull: Bool {
        var status = statvfs()
        guard fstatvfs(root.descriptor, &status) == 0 else { return false }
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue
        return free < Self.leastFree || status.f_files > 0 && status.f_favail == 0
    }

    private static let leastFree: UInt64 = 64 << 10

    /// `input` or `output` as it stands now, for transfers.
    func folder(_ name: String) throws(VolumeError) -> ConfinedFolder {
        ConfinedFolder(taking: try root.open(folder: name), path: root.display(name))
    }

    /// `path` below the root, where it lies there.
    func relative(_ path: String) -> String? { Self.relative(path, to: root.path) }

    /// The same by the paths' words alone.
    static func relative(_ path: String, to root: String) -> String? {
        func steps(_ path: String) -> [Substring] {
            path.split(separator: "/").reduce(into: []) { steps, step in
                if step == ".." { _ = steps.popLast() } else if step != "." { steps.append(step) }
            }
        }
        let (root, whole) = (steps(root), steps(path))
        guard path.hasPrefix("/"), whole.count > root.count, whole.starts(with: root) else { return nil }
        return whole.dropFirst(root.count).joined(separator: "/")
    }

    /// Main has left something in `output/`.
    var hasOutputs: Bool { (try? root.folder(WorkdirPath.output).names().isEmpty) == false }

    private func locate(_ path: String) -> (FolderHandle, String) {
        path.hasPrefix(WorkdirPath.own + "/") ? (own, Self.ownName(path)) : (root, path)
    }

    /// The name inside the agent's own folder: `journal` of `.kpipe/journal`.
    static func ownName(_ path: String) -> String {
        String(path.dropFirst(WorkdirPath.own.utf8.count + 1))
    }
}

extension Volume {
    /// Main's markers: void when the process that made them is gone.
    private static let words = [WorkdirPath.state, WorkdirPath.healthy, WorkdirPath.done]

    /// Where a volume that outlived its pod keeps the outputs found in it, until the next such find.
    private static let earlier = "earlier"

    /// Something an agent or an entrypoint left behind; the binary alone may have been put there for us.
    func hasLeftovers() throws(VolumeError) -> Bool {
        // The entrypoint of an ordinary container beside us may have begun before us.
        let innocent = [
            WorkdirPath.lock, WorkdirPath.entrypoint, WorkdirPath.attempt, WorkdirPath.reserve,
        ].map(Self.ownName)
        func isLeftover(_ name: EntryName) -> Bool {
            name.text.map { !innocent.contains($0) && !$0.hasPrefix(Beneath.temporaryPrefix) } ?? true
        }
        return try own.names().contains { isLeftover($0) }
            || exists(WorkdirPath.ready)
    }

    /// Clears away what must not be taken for new.
    func prepare(for condition: VolumeCondition) throws(VolumeError) {
        switch condition {
        case .fresh, .resumed:
            return
        case .rebooted:
            for word in Self.words { try remove(word) }
        case .stale:
            // `ready` and the verdicts first, the epoch that they belong to after them: nobody may start on inputs that are
            // about to go, nor end by an old word.
            let verdicts = [WorkdirPath.failed, WorkdirPath.stored]
            for marker in [WorkdirPath.ready, WorkdirPath.started] + verdicts + Self.words { try remove(marker) }
            try root.folder(WorkdirPath.input).removeAll()
            try putAwayOutputs()
            // What tells that the volume is another's goes last: whoever is killed meanwhile has a successor that begins anew.
            try own.removeAll(
                except: [
                    Self.ownName(WorkdirPath.lock), Self.ownName(WorkdirPath.entrypoint),
                    Self.ownName(WorkdirPath.reserve), Self.earlier,
                ])
        }
    }

    private func putAwayOutputs() throws(VolumeError) {
        let outputs = try root.folder(WorkdirPath.output)
        guard try !outputs.names().isEmpty else { return }
        let earlier = try own.folder(Self.earlier)
        try earlier.removeAll()
        for name in try outputs.names() { try outputs.move(name, to: earlier) }
    }
}

/// The volume cannot be used as it is.
package struct VolumeError: Error, Sendable, Equatable, CustomStringConvertible {
    package var exitCode: ExitCode
    /// What was attempted, why it failed, what to try.
    package var message: String

    init(_ exitCode: ExitCode, _ message: String) {
        self.exitCode = exitCode
        self.message = message
    }

    package var description: String { message }

    /// The error of the system call that has just failed.
    static func last(_ attempted: String, _ path: String) -> VolumeError {
        let code = errno
        let why = "cannot \(attempted) \(path): \(String(cString: strerror(code)))"
        return switch code {
        case EROFS: VolumeError(.permission, why + " (the volume is mounted read-only: take readOnly from its mount)")
        case EACCES, EPERM:
            VolumeError(
                .permission, why + " (the agent needs to write there: set fsGroup, or one user for both containers)")
        case ENOSPC, EDQUOT:
            VolumeError(.inputOutput, why + " (raise the volume's sizeLimit)")
        default:
            VolumeError(.inputOutput, why)
        }
    }
}
