package io.trueup.cli;

import java.util.Objects;
import org.apache.kafka.common.utils.AppInfoParser;
import picocli.CommandLine.IVersionProvider;

/** The version, from the manifest of the jar. */
final class Version implements IVersionProvider {

    /** Returns the version of this build. */
    static String trueup() {
        return Objects.requireNonNullElse(Version.class.getPackage().getImplementationVersion(), "(not packaged)");
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "trueup " + trueup() + " (Kafka " + AppInfoParser.getVersion() + ", Java "
                    + System.getProperty("java.version") + ")"
        };
    }
}
