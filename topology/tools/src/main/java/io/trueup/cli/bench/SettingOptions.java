package io.trueup.cli.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Settings of the job that is measured. */
final class SettingOptions {

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description =
                    "A setting of the job, such as tree.segments=4096. Replaces that of the benchmark. Can be repeated.")
    private Map<String, String> settings = new LinkedHashMap<>();

    Map<String, String> settings() {
        return settings;
    }
}
