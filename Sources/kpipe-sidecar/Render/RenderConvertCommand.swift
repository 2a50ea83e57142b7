import ArgumentParser
import Conversion
import KubeModel
import Render
import Telemetry
import WorkdirProtocol

/// `render convert`: sidecars of legacy manifests become native ones.
struct RenderConvertCommand: AsyncParsableCommand, LoggedCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    static let configuration = CommandConfiguration(
        commandName: "convert", abstract: "Turns sidecars into native sidecars, and leaves all else as it is.",
        discussion: """
            A container counts as sidecar that carries a marker: the variable \(WellKnownNames.Variable.terminate)=true, \
            or the pod's annotations \(WellKnownNames.Annotation.sidecars) and \
            \(WellKnownNames.Annotation.primaryContainer); besides with --sidecar, --primary and --detect. It moves to \
            initContainers and gets restartPolicy: Always.

            EXAMPLES
              1. Show what would change:
                 kpipe-sidecar render convert --diff -R manifests/
              2. Convert the marked sidecars of all files in place:
                 kpipe-sidecar render convert -i -R manifests/
              3. Name the sidecar, as in a filter:
                 kustomize build . | \\
                   kpipe-sidecar render convert --sidecar cloud-sql-proxy - | \\
                   kubectl apply -f -
              4. Fail in CI while something is left to convert:
                 kpipe-sidecar render convert --check --detect -R manifests/
              5. A custom resource:
                 kpipe-sidecar render convert \\
                   --pod-spec-path 'spec.workers[].template.spec' cluster.yaml

            EXIT CODES
              0 done   1 --check found something   64 usage
              65 bad input, or a pod that was left as it was
            """)

    @Argument(help: "Files, folders (with -R), or - for standard input.")
    var files: [String] = ["-"]

    @Flag(name: [.customShort("R"), .long], help: "Take all .yaml, .yml and .json files below folders.")
    var recursive = false

    @Flag(name: [.customShort("i"), .long], help: "Change the files in place, by rename.")
    var inPlace = false

    @Flag(help: "Write nothing; exit code 1 if something would change or a warning was found.")
    var check = false

    @Flag(help: "Print the differences in the unified format and write nothing.")
    var diff = false

    @Flag(help: "Turn native sidecars back into ordinary containers, marked for a terminator where the pod is to end.")
    var reverse = false

    @Option(name: .customLong("sidecar"), help: "A container that is a sidecar. May be repeated.")
    var sidecars: [String] = []

    @Option(help: "The main container; in pods that have it, all others are sidecars.")
    var primary: String?

    @Flag(help: "Take well-known sidecars (proxies, log shippers …) without a marker.")
    var detect = false

    @Option(name: .customLong("pod-spec-path"), help: "Where custom resources keep a pod's spec. May be repeated.")
    var podSpecPaths: [String] = []

    @Option(help: "The oldest version the manifests have to run on: 1.29 or later.")
    var kubeVersion: String?

    @Option(
        name: [.customShort("o"), .long],
        help: "Diagnostics as text or as one JSON object a line, which --log-format json means too.")
    var output = Format.text

    @Flag(name: [.customShort("v"), .long], help: "Show notes too: what changed, and what was passed on.")
    var verbose = false

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard !(inPlace && (check || diff)) else { throw ValidationError("-i goes with neither --check nor --diff.") }
        guard !(inPlace && files.contains("-")) else { throw ValidationError("-i needs files.") }
        guard files.filter({ $0 == "-" }).count <= 1 else { throw ValidationError("- can be read once only.") }
        guard !sidecars.contains(where: \.isEmpty), primary != "" else { throw ValidationError("A name is empty.") }
        guard primary.map({ !sidecars.contains($0) }) ?? true else {
            throw ValidationError("\(primary ?? "") cannot be the main container and a sidecar.")
        }
        for path in podSpecPaths where !PodSpecPath.isValid(path) {
            throw ValidationError(
                "--pod-spec-path expects names and dots, as in spec.workers[].template.spec, found \(path).")
        }
        if let kubeVersion {
            guard let version = KubeVersion(kubeVersion) else {
                throw ValidationError("--kube-version expects a version such as 1.30, found \(kubeVersion).")
            }
            guard reverse || version >= .nativeSidecars else {
                throw ValidationError(
                    "Kubernetes \(version) has no native sidecars; they are on by default from 1.29. "
                        + "Keep the ordinary containers and let a terminator (OpenKruise's, for one) end them.")
            }
        }
    }

    func run() async throws {
        var options = ConversionOptions()
        options.direction = reverse ? .toOrdinary : .toNative
        options.sidecars = Set(sidecars)
        options.primary = primary
        options.detectsKnown = detect
        options.podSpecPaths = podSpecPaths
        options.kubeVersion = kubeVersion.flatMap { KubeVersion($0) }
        let mode: ConversionRun.Mode = inPlace ? .inPlace : diff ? .diff : check ? .silent : .filter
        var run = ConversionRun(
            converter: StreamConverter(options), mode: mode, json: output == .json || logging.format == .json,
            verbose: verbose)
        let paths = try ManifestFiles.list(files, recursive: recursive)
        for path in paths { await run.process(path) }
        run.reportMissing(Set(sidecars).union(primary.map { [$0] } ?? []))
        try run.finish()
        if check, run.foundSomething { throw CommandFailure(status: 1, "") }
    }
}
