import Foundation
import TestSupport

/// `scripted-azure PORT`: the tests' Azure Blob Storage with its container `container`, until it is killed. Prints the connection
/// string that leads there.
@main struct ScriptedAzureProgram {
    static func main() throws {
        guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
            FileHandle.standardError.write(Data("usage: scripted-azure PORT\n".utf8))
            exit(64)
        }
        let azure = ScriptedAzure()
        let server = try ScriptedHTTPServer(port: port, remembers: false) { azure.answer($0).steps }
        FileHandle.standardOutput.write(Data("\(ScriptedAzure.connectionString(server.url))\n".utf8))
        while true { sleep(1000) }
    }
}
