/// A run that cannot even begin: what to exit with, and one line that says why.
struct StartFailure: Error {
    var code: Int32
    var message: String
}
