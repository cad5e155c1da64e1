package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The way from the matrix to a key that really differs, by keyboard, in a real browser: a narrow one and a wide one, light and dark. */
class KeyPageIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String KEY = "<b>order</b> 7";
    private static final String ENCODED = "%3Cb%3Eorder%3C%2Fb%3E%207";
    private static final byte[] NO_TEXT = {(byte) 0xff, 0};

    @TempDir
    static Path directory;

    private static JobOverHttp running;
    private static DrivenBrowser browser;

    @BeforeAll
    static void open() throws Exception {
        running = new JobOverHttp(directory.resolve("state"));
        for (String replica : new String[] {"eu", "us"}) {
            for (int key = 0; key < 10; key++) {
                running.write(replica, "key-" + key, 1, "value");
            }
            running.write(replica, KEY, 1, "the first value");
            running.write(replica, NO_TEXT, 1, "the first value");
        }
        running.operations.start();
        running.job.start();
        running.operations.jobStarted();
        await().atMost(PATIENCE)
                .until(() -> running.get("/api/v1/status").body().contains("\"state\":\"EQUAL\""));
        running.write("eu", KEY, 2, "the second value");
        running.write("eu", NO_TEXT, 2, "the second value");
        for (String query : new String[] {ENCODED, "hex:ff00"}) {
            await().atMost(PATIENCE)
                    .until(() -> running.get("/api/v1/keys?key=" + query).body().contains("REPAIRING"));
        }
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

    @ParameterizedTest
    @CsvSource({"360, true", "1280, false"})
    void shouldLeadFromTheMatrixToTheKeyByKeyboard(int width, boolean dark) throws Exception {
        JsonNode key = running.json("/api/v1/keys?key=" + ENCODED);
        String partition = key.get("partition").asText();
        browser.show(width, 800, dark);
        browser.open("about:blank");
        browser.open(running.operations.address() + "/");
        browser.awaitText("Partitions");

        browser.tabTo("partition 0, eu");
        if (partition.equals("1")) {
            browser.press("ArrowRight");
        }
        browser.press("Enter");
        browser.awaitText("Segments that differed");
        assertThat(browser.evaluate("document.activeElement.textContent").asText())
                .contains("Partition " + partition);
        browser.tabTo("Segment " + key.get("segment").asText());
        browser.press("Enter");
        browser.awaitText("of partition " + partition);
        browser.tabTo(KEY);
        browser.press("Enter");
        browser.awaitText("us held version 1, and version 2 wins. The higher version wins (resolution=latest).");

        assertThat(browser.evaluate("location.hash").asText())
                .isEqualTo("#/partitions/" + partition + "/key/" + ENCODED);
        assertThat(browser.evaluate("document.activeElement.textContent").asText())
                .isEqualTo("Key " + KEY);
        assertThat(browser.text())
                .contains("All partitions", "repairing.", "version 2, held by eu", "trueup history --key '" + KEY + "'")
                .contains("wins over version 1; sent by eu")
                .doesNotContain("the second value", "Not all records were read");
        assertThat(browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
                        .asBoolean())
                .as("the page is not wider than the window")
                .isTrue();
        assertThat(browser.complaints()).isEmpty();
        browser.picture(Path.of("target", "pictures", "key-" + width + (dark ? "-dark" : "-light") + ".png"));

        browser.tabTo("All partitions");
        browser.press("Enter");
        await().atMost(PATIENCE)
                .until(() ->
                        !browser.evaluate("!!document.getElementById('key')").asBoolean());
    }

    @Test
    void shouldMarkAKeyThatIsNoText() {
        browser.show(360, 800, false);
        browser.open("about:blank");
        browser.open(running.operations.address() + "/#/key/hex:ff00");

        browser.awaitText("in hexadecimal: it is no printable text");
        browser.awaitText("us held version 1, and version 2 wins");
        assertThat(browser.text())
                .contains("trueup probe hex:ff00")
                .doesNotContain(new String(NO_TEXT, StandardCharsets.UTF_8));
    }
}
