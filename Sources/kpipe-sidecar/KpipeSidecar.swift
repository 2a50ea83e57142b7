import ArgumentParser

@main
struct KpipeSidecar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kpipe-sidecar", abstract: "Runs a step's inputs, outputs and states beside its program.")
}
