package io.trueup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a process logs by the configuration of the distribution, in both formats. */
class LogFormatTest {

    private static final String TEXT = "a \"quoted\" text\nof two lines: ä";

    /** The process. */
    static final class Logs {

        public static void main(String[] arguments) {
            LoggerFactory.getLogger("io.trueup.job.Job").info(TEXT);
            LoggerFactory.getLogger("io.trueup.job.Job").debug("not shown");
            LoggerFactory.getLogger("org.apache.kafka.Client")
                    .warn("failed", new IllegalStateException("cause of it", new RuntimeException("behind")));
        }
    }

    @Test
    void shouldLogAJsonObjectPerLine() throws Exception {
        Instant before = Instant.now();
        for (List<String> lines :
                List.of(logged(Map.of("TRUEUP_LOG_FORMAT", "json")), logged(Map.of(), "-Dtrueup.log.format=json"))) {
            assertThat(lines).hasSize(2);
            JsonNode first = JsonMapper.builder().build().readTree(lines.get(0));
            JsonNode second = JsonMapper.builder().build().readTree(lines.get(1));
            assertThat(first.fieldNames()).toIterable().containsExactly("time", "level", "logger", "thread", "message");
            assertThat(Instant.parse(first.get("time").asText()))
                    .isBetween(before.minusMillis(1), before.plus(Duration.ofMinutes(5)));
            assertThat(first.get("level").asText()).isEqualTo("INFO");
            assertThat(first.get("logger").asText()).isEqualTo("io.trueup.job.Job");
            assertThat(first.get("thread").asText()).isEqualTo("main");
            assertThat(first.get("message").asText()).isEqualTo(TEXT);
            assertThat(second.get("message").asText()).isEqualTo("failed");
            assertThat(second.get("exception").asText())
                    .startsWith("java.lang.IllegalStateException: cause of it\n\tat ")
                    .contains("Caused by: java.lang.RuntimeException: behind");
        }
    }

    @Test
    void shouldLogTextUnlessJsonIsAskedFor() throws Exception {
        for (List<String> lines :
                List.of(logged(Map.of()), logged(Map.of("TRUEUP_LOG_FORMAT", "json"), "-Dtrueup.log.format=text"))) {
            assertThat(lines.get(0)).matches("\\S+Z INFO {2}\\[main\\] i\\.t\\.j\\.Job: a \"quoted\" text");
        }
    }

    private static List<String> logged(Map<String, String> environment, String... options) throws Exception {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(options));
        // the tests have a configuration of their own
        command.add("-Dlog4j2.configurationFile=" + Main.class.getResource("/log4j2.properties"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Logs.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("TRUEUP_") || name.startsWith("JAVA_"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}
