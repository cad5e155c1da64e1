package io.trueup.cli.topics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Runs a script by the shell of this machine. In place of Kafka's tools, programs are called that record their arguments. */
final class RecordedScript {

    /** Each argument ends with a NUL, and each call with one more. */
    private static final String RECORDER = """
            #!/bin/sh
            for word in "$(basename "$0")" "$@"; do printf '%s\\0' "$word"; done >> "$RECORD"
            printf '\\0' >> "$RECORD"
            """;

    private RecordedScript() {}

    /** The words of each call of a tool, the name of the tool first. */
    static List<List<String>> run(String script, Path directory) throws IOException, InterruptedException {
        Path tools = Files.createDirectories(directory.resolve("tools"));
        for (String tool : List.of("kafka-topics.sh", "kafka-acls.sh", "kafka-configs.sh")) {
            Path program = Files.writeString(tools.resolve(tool), RECORDER);
            assertThat(program.toFile().setExecutable(true)).isTrue();
        }
        Path record = directory.resolve("record");
        Files.deleteIfExists(record);
        Path file = Files.writeString(directory.resolve("topics.sh"), script);
        ProcessBuilder shell = new ProcessBuilder("sh", "-e", file.toString()).redirectErrorStream(true);
        shell.environment().put("PATH", tools + ":" + System.getenv("PATH"));
        shell.environment().put("RECORD", record.toString());
        Process process = shell.start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).isEmpty();
        List<List<String>> calls = new ArrayList<>();
        for (String call : Files.readString(record).split("\0\0", -1)) {
            if (!call.isEmpty()) {
                calls.add(Arrays.asList(call.split("\0", -1)));
            }
        }
        return calls;
    }
}
