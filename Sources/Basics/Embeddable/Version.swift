/// What every command says to `--version`; `scripts/build-images` names the images by it.
package enum Version {
    package static let current = "0.1.0"
}
