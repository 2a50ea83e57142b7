/// Whether a plugin may ask its user something on the terminal.
enum InteractiveMode: String, Sendable {
    case never = "Never"
    case ifAvailable = "IfAvailable"
    case always = "Always"
}
