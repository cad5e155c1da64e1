package io.trueup.deploy;

import java.nio.file.Path;

/** Paths of the repository, seen from this module. */
final class Repository {

    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    static final Path CONFIG = ROOT.resolve("deploy/config");
    static final Path DISTRIBUTION = ROOT.resolve("deploy/target/trueup");

    private Repository() {}
}
