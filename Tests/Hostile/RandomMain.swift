import Foundation
import Glibc
import TestSupport

/// A main that does whatever one can do to a volume, by a seed.
struct RandomMain {
    private let root: String
    private let secrets: String
    /// Ends the step like a program that is done.
    private let maySayDone: Bool
    private var random: SeededGenerator

    init(_ root: String, secrets: String, maySayDone: Bool, seed: UInt64) {
        self.root = root
        self.secrets = secrets
        self.maySayDone = maySayDone
        random = SeededGenerator(seed: seed)
    }

    private static let folders = [
        "", "output", "output", "output", "output/a", "output/a/b", "output/c", "input", ".kpipe", "x",
    ]
    private static let names = [
        "a", "b", "c", "d.csv", "e f", "é", "e\u{301}", "output", "input", ".kpipe", "state", "started", "healthy",
        "ready",
        "try", "usage", "journal", "epoch", "failed", "stored", "lock", "monitor", "reserve", "token", "log", "x",
    ]
    private static let numbers = [
        "-1", "0", "1", "2", "64", "255", "1000000000", "2147483648", "9223372036854775807", "1e9",
    ]

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(random.next() % UInt64(elements.count))]
    }

    /// A place in the volume. One behind a link is not: in its container main cannot reach what its links lead to, though this
    /// test could, and what the test itself changed there would be laid to the agent.
    private mutating func path() -> String {
        let names = maySayDone ? Self.names + ["done"] : Self.names
        let (folder, name) = (pick(Self.folders), pick(names))
        let path = "\(root)/\(folder.isEmpty ? "" : folder + "/")\(name)"
        return isWithin(path) ? path : "\(root)/\(name)"
    }

    /// Whether the folder that `path` names something in is in the volume once links are followed.
    private func isWithin(_ path: String) -> Bool {
        guard let real = realpath(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), nil) else {
            return true
        }
        defer { free(real) }
        let folder = String(cString: real)
        return folder == root || folder.hasPrefix("\(root)/")
    }

    mutating func step() {
        switch random.next() % 16 {
        case 0, 1, 2: write(path(), seededBytes(Int(random.next() % 5000), seed: random.next()))
        case 3: mkdir(path(), 0o777)
        case 4, 5: rename(path(), path())
        case 6: exchange(path(), path())
        case 7:
            let targets = [
                secrets, "\(secrets)/token", "../../../..\(secrets)/token", "/proc/self/environ", "/proc/self/fd", "a",
                "..",
                "../output/a", "\(root)/output/b", "/", "/dev/zero",
            ]
            symlink(pick(targets), path())
        case 8: link(path(), path())
        case 9:
            let path = path()
            if isFile(path) { truncate(path, off_t(random.next() % (4 << 20))) }
        case 10: mkfifo(path(), 0o666)
        case 11: forge()
        case 12: unlink(path())
        case 13:
            // Not what the whole rests on, or nothing would be left to attack.
            if random.next() % 8 == 0 { try? FileManager.default.removeItem(atPath: path()) }
        case 14:
            let odd: [[CChar]] = [[-61, 40, 0], [1, 10, 0], [-1, -2, 0], [27, 91, 0]]
            let folder = open("\(root)/output", O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            guard folder >= 0 else { return }
            close(openat(folder, pick(odd), O_WRONLY | O_CREAT, 0o644))
            close(folder)
        default:
            var nested = "\(root)/output/n"
            for _ in 0..<Int(random.next() % 90) where isWithin(nested) {
                mkdir(nested, 0o777)
                nested += "/n"
            }
        }
    }

    private mutating func exchange(_ one: String, _ other: String) {
        let aside = "\(root)/aside"
        if rename(one, aside) == 0 {
            rename(other, one)
            rename(aside, other)
        }
    }

    private mutating func forge() {
        let number = pick(Self.numbers)
        let texts = [
            (
                "try",
                "try=\(number)\nepoch=\(number)\nphase=\(pick(["running", "ended", "waiting"]))\npid=\(number)\nexit=\(number)\n"
            ),
            ("usage", "time=\(number) memory=\(number)\n"), ("failed", "\(number) \(number) x\n"),
            ("stored", "\(number) 0 x\n"), ("epoch", "\(number)\n\n\n"), ("journal", "00000000 {\"step\":{}}\n"),
        ]
        let (name, text) = pick(texts)
        write("\(root)/\(name)", Array(text.utf8))
        if isWithin("\(root)/.kpipe/\(name)") { rename("\(root)/\(name)", "\(root)/.kpipe/\(name)") }
        write("\(root)/word", Array("WORD-\(number)\u{1B}[2J\n".utf8))
        rename("\(root)/word", "\(root)/state")
    }

    private func write(_ path: String, _ bytes: [UInt8]) {
        guard isWithin(path) else { return }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o644)
        guard file >= 0 else { return }
        _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        close(file)
    }

    private func isFile(_ path: String) -> Bool {
        var status = stat()
        return isWithin(path) && lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
