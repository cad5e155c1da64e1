package io.trueup.cli;

import java.util.Objects;
import org.apache.kafka.common.utils.AppInfoParser;
import picocli.CommandLine.IVersionProvider;

/** Prints the versions of Trueup, Kafka and Java. */
final class Version implements IVersionProvider {

    /** The version of this build, from the manifest of the jar. */
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
