import Basics

/// Which life of the volume this is, and whose: the file `WorkdirPath.epoch`. Three lines: the epoch, the pod's uid, the
/// pod's host name; the last two as far as they are known.
package struct EpochRecord: Sendable, Equatable {
    package var epoch: String
    package var pod: String
    package var host: String

    package init(epoch: String, pod: String, host: String) {
        self.epoch = epoch
        self.pod = pod
        self.host = host
    }

    /// What is not there is empty.
    package init(parsing bytes: some Sequence<UInt8>) {
        let lines = Array(bytes).split(separator: ASCII.newline, omittingEmptySubsequences: false)
        func line(_ index: Int) -> String {
            index < lines.count ? String(decoding: lines[index], as: UTF8.self) : ""
        }
        self.init(epoch: line(0), pod: line(1), host: line(2))
    }

    /// The file's content.
    package var text: String { "\(epoch)\n\(pod)\n\(host)\n" }

    /// Whether it may be of the pod that asks. All containers of a pod have one host name, and hardly two pods the same;
    /// the uid is surer where both sides know it.
    package func isOf(pod asking: String, host askingHost: String) -> Bool {
        if !pod.isEmpty, !asking.isEmpty { return pod.isIdentical(to: asking.utf8) }
        return host.isEmpty || askingHost.isEmpty || host.isIdentical(to: askingHost.utf8)
    }

    /// This machine's name as the kernel has it; empty where it does not say.
    package static func hostName() -> String {
        let name = try? WorkdirFolder.read(path: "/proc/sys/kernel/hostname", limit: 256)
        return String(decoding: (name ?? []).prefix { $0 != ASCII.newline }, as: UTF8.self)
    }
}
