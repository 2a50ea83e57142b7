import ArgumentParser
import Basics
import Conversion
import KubeClient
import KubeModel
import Logging
import PodRules
import Render
import Terminator
import WorkdirProtocol
import YAMLTree

/// `render scan`: which workloads of a cluster have sidecars, and whether they can be native there.
struct RenderScanCommand: AsyncParsableCommand, LoggedCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table, wide, json, yaml, sarif
    }

    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Looks through a cluster's workloads for sidecars that could be native.",
        discussion: """
            Reads Deployments, StatefulSets, DaemonSets, Jobs, CronJobs and the custom resources that render convert knows, page \
            by page, and changes nothing. What a CronJob, a Deployment or an operator made is its maker's business, and Jobs \
            that have ended are passed over. What counts is the oldest release among the server and the nodes.

            EXAMPLES
              1. kpipe-sidecar render scan -A
              2. With well-known sidecars that nobody marked:
                 kpipe-sidecar render scan -A --detect
              3. For code scanning, or for jq:
                 kpipe-sidecar render scan -n shop -o sarif --output-file shop.sarif

            EXIT CODES
              0 done   64 usage   75 the API server does not answer   77 nothing may be read   78 no cluster
            """)

    @Flag(name: [.customShort("A"), .customLong("all-namespaces")], help: "Look at all namespaces.")
    var allNamespaces = false

    @OptionGroup var conversion: ConversionArguments

    @Option(name: .output, help: "A table cut to the terminal, all of it, a document, or SARIF.")
    var output = Format.table

    @Option(help: ArgumentHelp("Write it here.", valueName: "file"), completion: .file())
    var outputFile: String?

    @OptionGroup var kube: KubeOptions

    @OptionGroup var logging: LoggingOptions

    func run() async throws {
        let access = try kube.access()
        let api = KubeClient(access)
        let scan = ClusterScan(
            api: api, namespace: allNamespaces ? "" : access.namespace, options: conversion.options)
        let result: Result<ScanReport, KubeError>
        do throws(KubeError) { result = .success(try await scan.report()) } catch { result = .failure(error) }
        await api.shutdown()
        switch result {
        case .failure(let error): throw CommandFailure(error.exitCode, error.description)
        case .success(let report):
            for gap in report.gaps { diagnostics.say(gap, .warning) }
            if report.count == 0, !report.gaps.isEmpty { throw CommandFailure(.permission, "no workload may be read") }
            try GeneratorInput.write(Array(text(report).utf8), to: outputFile)
        }
    }

    private func text(_ report: ScanReport) -> String {
        switch output {
        case .table: report.table(width: outputFile == nil ? DiagnosisScreen.Size.ofTerminal?.columns : nil)
        case .wide: report.table(width: nil)
        case .json: DiagnoseOutput.json.document(report.document) + "\n"
        case .yaml: DiagnoseOutput.yaml.document(report.document)
        case .sarif: SarifReport.text(report.diagnostics, version: Basics.Version.current, help: nil)
        }
    }
}

/// Reads a cluster's workloads page by page, and changes nothing.
private struct ClusterScan {
    let api: any KubeAPI
    /// Empty for all.
    let namespace: String
    let options: ConversionOptions

    /// Objects in one answer: so many that asking costs little, and so few that they are no burden.
    private static let pageSize = 250
    private static let services = APIResource(group: "", version: "v1", plural: "services", kind: "Service")

    func report() async throws(KubeError) -> ScanReport {
        let discovery = Discovery(api)
        var options = options
        let server = try await discovery.version()
        var gaps: [String] = []
        if options.kubeVersion == nil {
            var versions = [KubeVersion(server.text) ?? KubeVersion(server.major, server.minor)]
            do throws(KubeError) { versions += try await kubelets() } catch {
                guard error.status?.code == 403 else { throw error }
                gaps.append("nodes may not be read: their releases are taken for the server's")
            }
            options.kubeVersion = versions.min()
        }
        if options.detectsKnown { options.services = try await services(&gaps) }
        var report = ScanReport(version: options.kubeVersion.map { "Kubernetes \($0)" } ?? "an unknown release")
        let served = try await discovery.groupVersions()
        for (group, kinds) in PodKind.workloads {
            // The preferred version of a group comes first, but need not serve each of its kinds.
            var kinds = kinds
            for version in served where Self.group(of: version) == group && !kinds.isEmpty {
                let resources = try await discovery.resources(
                    group: group, version: String(version.split(separator: "/").last ?? "")
                ).filter { kinds.contains($0.resource.kind) && $0.verbs.contains("list") }
                kinds.subtract(resources.map(\.resource.kind))
                for served in resources {
                    do throws(KubeError) { try await look(at: served.resource, options, &report) } catch {
                        guard error.status?.code == 403 else { throw error }
                        gaps.append("\(served.resource.plural) may not be read")
                    }
                }
            }
        }
        report.gaps = gaps
        report.sort()
        return report
    }

    private static func group(of version: String) -> String {
        version.lastIndex(of: "/").map { String(version[..<$0]) } ?? ""
    }

    private func look(
        at resource: APIResource, _ options: ConversionOptions, _ report: inout ScanReport
    ) async throws(KubeError) {
        let before = report
        try await pages(of: resource) { (body, isFirst) throws(WireError) in
            if isFirst { report = before }
            let page = try WorkloadPage(body, resource)
            for object in page.objects { report.look(at: object, options) }
            return page.continueToken
        }
    }

    private func pages(
        of resource: APIResource, _ read: ([UInt8], _ isFirst: Bool) throws(WireError) -> String
    ) async throws(KubeError) {
        var options = ListOptions()
        options.limit = Self.pageSize
        try await api.pages(of: resource, namespace: namespace, options) { (answer, isFirst) throws(WireError) in
            try read(answer.body, isFirst)
        }
    }

    private func services(_ gaps: inout [String]) async throws(KubeError) -> ServicePorts {
        var services = ServicePorts()
        do throws(KubeError) {
            try await pages(of: Self.services) { (body, isFirst) throws(WireError) in
                if isFirst { services = ServicePorts() }
                services.add(body)
                return try WorkloadPage(body, Self.services).continueToken
            }
        } catch {
            guard error.status?.code == 403 else { throw error }
            gaps.append("services may not be read: where they lead is not known")
        }
        return services
    }

    /// Releases of the nodes that are machines.
    private func kubelets() async throws(KubeError) -> [KubeVersion] {
        let nodes: [Node] = try await api.list(.nodes, pageSize: Self.pageSize)
        return nodes.filter { $0.metadata.labels[WellKnownNames.Label.nodeType] != WellKnownNames.Label.virtualKubelet }
            .compactMap { KubeVersion($0.kubeletVersion) }
    }
}
