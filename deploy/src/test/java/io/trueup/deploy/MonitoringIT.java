package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The alert rules and the dashboard: they use metrics that exist, and Prometheus' own tool accepts and tests the rules. */
class MonitoringIT {

    private static final Path RULES = Repository.ROOT.resolve("deploy/prometheus/trueup.rules.yml");
    private static final Path DASHBOARD = Repository.ROOT.resolve("deploy/grafana/trueup.json");
    private static final Pattern METRIC = Pattern.compile("\\btrueup_[a-z_]+");

    @Test
    void shouldAlertAsTheirTestsSay() throws Exception {
        assertThat(promtool("check", "rules", RULES.toString())).contains("SUCCESS");
        assertThat(promtool(
                        "test",
                        "rules",
                        RULES.resolveSibling("trueup.rules.test.yml").toString()))
                .contains("SUCCESS");
    }

    @Test
    void shouldAlertOnMetricsThatExist() throws IOException {
        assertThat(documented()).containsAll(metrics(Files.readString(RULES)));
    }

    @Test
    void shouldNameChaptersThatExist() throws IOException {
        Set<String> chapters = Files.readAllLines(Repository.ROOT.resolve("topology/OPERATIONS.md")).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());

        assertThat(found(Pattern.compile("(?<=OPERATIONS\\.md#)[a-z-]+"), Files.readString(RULES)))
                .isNotEmpty()
                .isSubsetOf(chapters);
    }

    @Test
    void shouldShowMetricsThatExist() throws IOException {
        JsonNode dashboard = new JsonMapper().readTree(DASHBOARD.toFile());

        assertThat(dashboard.get("panels"))
                .isNotEmpty()
                .allSatisfy(panel -> assertThat(panel.get("targets"))
                        .isNotEmpty()
                        .allSatisfy(target -> {
                            String expression = target.get("expr").textValue();
                            assertThat(metrics(expression)).isNotEmpty();
                            assertThat(documented()).containsAll(metrics(expression));
                            assertThat(promtool("check", "rules", rule(expression)))
                                    .contains("SUCCESS");
                        }));
    }

    /** A file with an expression as a rule: promtool parses it. */
    private static String rule(String expression) throws IOException {
        String shown = expression.replace("$__rate_interval", "5m").replace("$dataset", "shop");
        Path file = Files.createTempFile(Path.of("target"), "expression", ".yml");
        Files.writeString(file, "groups: [{name: g, rules: [{record: r, expr: '" + shown + "'}]}]\n");
        return file.toString();
    }

    /** The metrics of the page, and the buckets of its histograms. */
    private static Set<String> documented() throws IOException {
        Set<String> names = new TreeSet<>();
        for (String line : Files.readAllLines(Repository.ROOT.resolve("topology/METRICS.md"))) {
            if (line.startsWith("| `trueup_")) {
                String name = metrics(line).iterator().next();
                names.add(name);
                if (line.contains("| histogram |")) {
                    names.add(name + "_bucket");
                }
            }
        }
        return names;
    }

    private static Set<String> metrics(String text) {
        return found(METRIC, text);
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String promtool(String... arguments) throws IOException, InterruptedException {
        if (!Files.isExecutable(Path.of("/usr/bin/promtool")) && Files.isExecutable(Path.of("/usr/bin/apt-get"))) {
            run(List.of("apt-get", "update", "-q"));
            run(List.of("apt-get", "install", "-y", "-q", "--no-install-recommends", "prometheus"));
        }
        List<String> command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        try {
            return run(command);
        } catch (IOException e) {
            throw new AssertionError(
                    "promtool cannot be run, and could not be installed: install Prometheus (Debian, Ubuntu: apt install"
                            + " prometheus)",
                    e);
        }
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        return output;
    }
}
