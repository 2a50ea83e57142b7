import ArgumentParser
import CIdle
import Conversion
import KubeModel
import PodRules
import Render
import Telemetry
import WorkdirProtocol
import YAMLTree

/// `render convert`: sidecars of legacy manifests become native ones.
struct RenderConvertCommand: AsyncParsableCommand, LoggedCommand {
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
              5. The same where code scanning shows it, past what is vendored:
                 kpipe-sidecar render convert --check --detect -R . \\
                   --exclude 'vendor/' -o sarif --output-file sidecars.sarif
              6. A custom resource:
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

    @OptionGroup var conversion: ConversionArguments

    @Option(
        help: ArgumentHelp(
            "Pass over files and folders, as .gitignore has them; .kpipeignore files do so too. May be repeated.",
            valueName: "glob"))
    var exclude: [String] = []

    @Flag(help: "Pass over named files that are templates or no manifests, as those found by -R are.")
    var passOver = false

    @Option(
        help: ArgumentHelp(
            "What this repository thinks of the findings: severities, exclude, help (docs/render.md).",
            valueName: "file"), completion: .file())
    var config: String?

    @Option(
        name: .output,
        help: "Findings as text, as one JSON object a line, as SARIF, or for a workflow of GitHub.")
    var output: FindingFormat?

    @Option(help: ArgumentHelp("Write the findings here.", valueName: "file"), completion: .file())
    var outputFile: String?

    @Flag(name: [.customShort("v"), .long], help: "Show notes too: what changed, and what was passed on.")
    var verbose = false

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        guard !(inPlace && (check || diff)) else { throw ValidationError("-i goes with neither --check nor --diff.") }
        guard !(inPlace && files.contains("-")) else { throw ValidationError("-i needs files.") }
        guard files.filter({ $0 == "-" }).count <= 1 else { throw ValidationError("- can be read once only.") }
        guard output != .sarif || outputFile != nil || check && !diff || inPlace else {
            throw ValidationError(
                "-o sarif is one document: give --output-file, or --check, which leaves standard output to it.")
        }
        if !reverse { try conversion.requireNative() }
    }

    func run() async throws {
        // A file may be large.
        cidle_return_blocks()
        var options = conversion.options
        options.direction = reverse ? .toOrdinary : .toNative
        var settings = ConversionRun.Settings()
        settings.mode = inPlace ? .inPlace : diff ? .diff : check ? .silent : .filter
        settings.isVerbose = verbose
        settings.passesOver = passOver
        settings.tellsVersionsOnce = conversion.kubeVersion == nil && format == .text
        settings.policy = try policy()
        var patterns = ExcludePatterns()
        for pattern in settings.policy.exclude + exclude { try patterns.add(pattern, base: "") }
        let listing = try ManifestFiles.list(files, recursive: recursive, patterns)
        if conversion.detect { options.services = Self.services(in: listing) }
        settings.patches = PatchFiles(listing).planned(options)
        settings.strayPatches = PatchFiles(listing).stray()
        // Whoever checks is told what would move, and a note may be raised to more.
        options.tellsNotes =
            verbose || settings.mode == .silent || format == .sarif || settings.policy.setsSeverities
        var run = ConversionRun(
            StreamConverter(options), settings,
            FindingOutput(
                format, file: outputFile, isMain: settings.mode == .silent || inPlace, help: settings.policy.help))
        for file in listing.files { await run.process(file) }
        run.report(listing)
        run.reportMissing(Set(conversion.sidecars).union(conversion.primary.map { [$0] } ?? []))
        try run.finish()
        if check, run.foundSomething { throw CommandFailure(status: 1, "") }
    }

    private var format: FindingFormat { output ?? (logging.format == .json ? .json : .text) }

    private func policy() throws -> FindingPolicy {
        guard let config else { return FindingPolicy() }
        return try GeneratorInput.reporting(config) { try FindingPolicy(GeneratorInput.document(config)) }
    }

    /// A Service and the pods that it leads to often stand in different files. Standard input is read once, so it is a
    /// stream of its own.
    private static func services(in listing: ManifestFiles.Listing) -> ServicePorts? {
        guard listing.files.count > 1, !listing.files.contains(where: { $0.path == "-" }) else { return nil }
        var services = ServicePorts()
        for file in listing.files {
            guard case .success(let bytes) = ManifestFiles.read(file.path, limit: StreamConverter.limits.bytes),
                bytes.firstOffset(of: "Service") != nil
            else { continue }
            services.add(bytes)
        }
        return services
    }
}

extension FindingFormat: ExpressibleByArgument {}

/// What counts as a sidecar, where pods are, and for which clusters: alike for all that convert or look as if they would.
struct ConversionArguments: ParsableArguments {
    @Option(name: .customLong("sidecar"), help: "A container that is a sidecar. May be repeated.")
    var sidecars: [String] = []

    @Option(help: "The main container; in pods that have it, all others are sidecars.")
    var primary: String?

    @Flag(help: "Take well-known sidecars (proxies, log shippers …) without a marker.")
    var detect = false

    @Option(
        name: .customLong("pod-spec-path"),
        help: "Where other custom resources keep a pod's spec: spec.workers[].template.spec. May be repeated.")
    var podSpecPaths: [String] = []

    @Option(help: "The oldest version the manifests have to run on: 1.29 or later.")
    var kubeVersion: String?

    func validate() throws {
        guard !sidecars.contains(where: \.isEmpty), primary != "" else { throw ValidationError("A name is empty.") }
        guard primary.map({ !sidecars.contains($0) }) ?? true else {
            throw ValidationError("\(primary ?? "") cannot be the main container and a sidecar.")
        }
        for path in podSpecPaths where !PodSpecPath.isValid(path) {
            throw ValidationError(
                "--pod-spec-path expects names and dots, as in spec.workers[].template.spec, found \(path).")
        }
        if let kubeVersion, KubeVersion(kubeVersion) == nil {
            throw ValidationError("--kube-version expects a version such as 1.30, found \(kubeVersion).")
        }
    }

    /// Refuses clusters that have no native sidecars.
    func requireNative() throws {
        guard let version = kubeVersion.flatMap({ KubeVersion($0) }), version < .nativeSidecars else { return }
        throw ValidationError(
            "Kubernetes \(version) has no native sidecars; they are on by default from 1.29. "
                + "Keep the ordinary containers and let kpipe-sidecar terminator end them.")
    }

    var options: ConversionOptions {
        var options = ConversionOptions()
        options.sidecars = Set(sidecars)
        options.primary = primary
        options.detectsKnown = detect
        options.podSpecPaths = podSpecPaths
        options.kubeVersion = kubeVersion.flatMap { KubeVersion($0) }
        return options
    }
}
