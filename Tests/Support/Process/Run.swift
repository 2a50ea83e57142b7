/// What a finished program said.
package struct Finished: Sendable {
    package let status: ExitStatus
    package let output: String
    package let error: String
}

/// Runs a program to its end. Past `limit` it is killed with all that it started, and this throws what it had said.
@discardableResult
package func run(
    _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], folder: String? = nil,
    input: [UInt8] = [], limit: Duration = .seconds(60)
) async throws -> Finished {
    let child = try ChildProcess(
        program, arguments, environment: environment, folder: folder, input: input)
    let status: ExitStatus
    do { status = try await child.wait(atMost: limit) } catch {
        await child.finish()
        throw error
    }
    return Finished(status: status, output: child.output, error: child.errorOutput)
}

/// Runs a program that has to succeed, and gives what it printed.
@discardableResult
package func output(
    _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:], folder: String? = nil,
    input: [UInt8] = [], limit: Duration = .seconds(60)
) async throws -> String {
    let finished = try await run(
        program, arguments, environment: environment, folder: folder, input: input, limit: limit)
    guard finished.status.isSuccess else {
        throw ProcessError(
            description: "\(program) \(arguments.joined(separator: " ")): \(finished.status)\n\(finished.error)")
    }
    return finished.output
}
