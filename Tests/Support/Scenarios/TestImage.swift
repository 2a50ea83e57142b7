/// An image that the scenarios use. No registry has it: whoever runs them on a real node imports it there.
public struct TestImage: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        /// Debian's static busybox with a link for each applet.
        case busybox
        /// The same program under one name, at `/sleep` and `/opt/agent/sleep`; no shell.
        case sleepAlone
        /// Our exit image.
        case exit
    }

    public var name: String
    public var content: Content
    public var entrypoint: [String]
    /// Other names that manifests know it by.
    public var otherNames: [String] = []

    public static let busybox = TestImage(
        name: "kpipe.test/busybox:1", content: .busybox, entrypoint: ["sh"],
        otherNames: ["docker.io/library/busybox:latest"])
    public static let distroless = TestImage(
        name: "kpipe.test/distroless:1", content: .sleepAlone, entrypoint: ["/sleep", "100000"])
    public static let exit = TestImage(name: "kpipe.test/exit:1", content: .exit, entrypoint: ["/exit"])
    /// Ends with 0 on SIGTERM, as nginx does.
    public static let nginx = TestImage(
        name: "docker.io/library/nginx:latest", content: .busybox,
        entrypoint: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done"])
    public static let all = [busybox, distroless, exit, nginx]

    /// No registry answers at this name.
    public static let missing = "kpipe.invalid/missing:1"
}
