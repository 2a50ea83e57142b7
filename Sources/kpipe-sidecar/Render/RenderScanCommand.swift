import ArgumentParser
import Basics
import Conversion
import KubeClient
import Logging
import Render
import Terminator
import WorkdirProtocol

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
