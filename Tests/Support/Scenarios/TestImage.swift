/// An image that the scenarios use. No registry has it: whoever runs them on a real node imports it there.
package struct TestImage: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        /// Debian's static busybox with a link for each applet.
        case busybox
        /// The same program under one name, at `/sleep` and `/opt/agent/sleep`; no shell.
        case sleepAlone
        /// Our exit image.
        case exit
        /// Its program under one name, at `/exit`.
        case exitAlone
        /// Our exit image, its programs marked as for a processor that the node has not.
        case exitOfOtherMachine
    }

    package var name: String
    package var content: Content
    package var entrypoint: [String]
    /// Other names that manifests know it by.
    package var otherNames: [String] = []

    package static let busybox = TestImage(
        name: "kpipe.test/busybox:1", content: .busybox, entrypoint: ["sh"],
        otherNames: ["docker.io/library/busybox:latest"])
    package static let distroless = TestImage(
        name: "kpipe.test/distroless:1", content: .sleepAlone, entrypoint: ["/sleep", "100000"])
    package static let exit = TestImage(name: "kpipe.test/exit:1", content: .exit, entrypoint: ["/exit"])
    /// Somebody's own: it exits with 0, and has none of the programs that containers name.
    package static let exitAlone = TestImage(
        name: "kpipe.test/exit-alone:1", content: .exitAlone, entrypoint: ["/exit"])
    package static let exitOfOtherMachine = TestImage(
        name: "kpipe.test/exit-of-other-machine:1", content: .exitOfOtherMachine, entrypoint: ["/exit"])
    /// Ends with 0 on SIGTERM, as nginx does.
    package static let nginx = TestImage(
        name: "docker.io/library/nginx:latest", content: .busybox,
        entrypoint: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done"])
    package static let all = [busybox, distroless, exit, exitAlone, exitOfOtherMachine, nginx]

    /// No registry answers at this name.
    package static let missing = "kpipe.invalid/missing:1"
}
