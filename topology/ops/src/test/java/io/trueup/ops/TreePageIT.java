package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tree of a partition in which far more keys differ than a report names: from the root to such a key, by keyboard, in a real browser. */
class TreePageIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int KEYS = 400;

    @TempDir
    static Path directory;

    private static JobOverHttp running;
    private static DrivenBrowser browser;

    @BeforeAll
    static void open() throws Exception {
        running = new JobOverHttp(directory.resolve("state"));
        for (int key = 0; key < KEYS; key++) {
            running.write("eu", "key-" + key, 2, "value");
            running.write("us", "key-" + key, 1, "value");
        }
        running.operations.start();
        running.job.start();
        running.operations.jobStarted();
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode root = tree("").get("root");
            assertThat(root.get("differing").asInt()).isGreaterThan(70);
        });
        browser = new DrivenBrowser(Files.createDirectory(directory.resolve("browser")));
        browser.header("Authorization", "Bearer " + JobOverHttp.TOKEN);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
        running.close();
    }

    private static JsonNode tree(String way) {
        return running.json("/api/v1/tree?partition=0" + way);
    }

    /** The keys that the reports of rounds name. */
    private static Set<String> reported() {
        Set<String> keys = new TreeSet<>();
        running.json("/api/v1/rounds?limit=1000&partition=0")
                .get("rounds")
                .forEach(round -> round.get("sample")
                        .forEach(key -> keys.add(key.get("key").asText())));
        return keys;
    }

    /** The latest round may not have ended: then the next one is looked at. */
    @Test
    void shouldLeadToEverySegmentThatDiffersAndToItsKeys() {
        await().atMost(PATIENCE).untilAsserted(TreePageIT::requireThatEverySegmentIsFound);
    }

    private static void requireThatEverySegmentIsFound() {
        JsonNode root = tree("");
        String cut = "&cut=" + root.get("cut").asText();
        List<Integer> different = new ArrayList<>();
        for (JsonNode node : root.at("/strips/0/nodes")) {
            for (JsonNode leaf :
                    tree("&level=4&segment=" + node.get("firstSegment") + cut).at("/strips/1/nodes")) {
                if (leaf.get("state").asText().equals("DIFFERENT")) {
                    different.add(leaf.get("index").asInt());
                }
            }
        }
        assertThat(different).hasSize(root.at("/root/differing").asInt());

        int reported = reported().size();
        Set<String> found = new TreeSet<>();
        for (int index = 0; index < different.size() && found.size() <= reported; index++) {
            tree("&segment=" + different.get(index) + cut)
                    .at("/segment/keys")
                    .forEach(key -> found.add(key.get("key").asText()));
        }
        assertThat(found)
                .as("more than the reports name")
                .hasSizeGreaterThan(reported)
                .allMatch(key -> key.startsWith("key-"));
    }

    @Test
    void shouldDescendFromTheRootToAKeyByKeyboard() throws Exception {
        browser.show(360, 800, true);
        browser.open("about:blank");
        browser.open(running.operations.address() + "/#/partitions/0");
        browser.awaitText("of 256 segments are known to differ");

        browser.tabTo("segments differ");
        browser.press("Enter");
        browser.awaitText("segments\n");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(browser.evaluate("document.activeElement.getAttribute('aria-label')")
                                .asText())
                        .matches("segment \\d+: different; eu against us"));
        assertThat(browser.evaluate("location.hash").asText()).matches("#/partitions/0/tree/4/\\d+");
        assertThat(browser.accessibilityViolations()).isEmpty();
        browser.picture(Path.of("target", "pictures", "tree-360-dark.png"));

        browser.press("Enter");
        browser.awaitText("What the replicas held of the keys that differ");
        assertThat(browser.evaluate("location.hash").asText()).matches("#/partitions/0/segments/\\d+");
        assertThat(browser.text()).contains("a value, version 1", "a value, version 2");
        browser.tabTo("key-");
        browser.press("Enter");
        browser.awaitText("What has happened to it");
        assertThat(browser.complaints()).isEmpty();
    }
}
