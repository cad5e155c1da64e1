package io.trueup.cli.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.Repairs;
import io.trueup.audit.result.DivergentKey.Since;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.avro.RecordCodecs;
import io.trueup.browser.TestBrowser;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.source.canonical.ValueForm;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of an audit in a real browser. */
class AuditPageIT {

    private static final long START_MS = 1_790_000_000_000L;

    @TempDir
    Path directory;

    @Test
    void shouldShowInABrowserThatAllIsEqual() throws Exception {
        String shown = open(result(0));

        assertThat(shown).contains("data-ready=\"yes\"", "Equal: eu and us hold the same", "<td>eu</td>");
        assertThat(shown).contains("<section id=\"differences\" hidden=\"\">");
    }

    @Test
    void shouldShowInABrowserTheFirstOfAHundredThousandDivergentKeys() throws Exception {
        String shown = open(result(100_000));

        assertThat(shown).contains("data-ready=\"yes\"", "100\u2009000 keys differ among eu and us");
        assertThat(shown).contains("1 to 50 of 100\u2009000", "&lt;script&gt;alert(1)&lt;/script&gt;", "orders.eu-0@7");
        String rows = shown.substring(shown.indexOf("id=\"keys\""), shown.indexOf("id=\"partitions\""));
        assertThat(rows.split("<article>", -1)).hasSize(51);
        assertThat(rows)
                .contains("<td>count</td><td>9007199254740993</td><td>9007199254740992</td>")
                .contains("<td>text</td><td>\"&lt;/script&gt;\"</td><td>absent</td>")
                .contains("Left out, because it is not compared: /at.")
                .doesNotContain("<td>same</td>", "<td>at</td>");
    }

    /** The page as the browser has it after its script has run. */
    private String open(AuditResult result) throws Exception {
        Path page = directory.resolve("audit.html");
        try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(page))) {
            AuditFormat.HTML.write(
                    result,
                    Optional.of(new ValueDecoder(List.of())
                            .comparing(ValueForm.of("json", List.of("/at")), RecordCodecs.embedded())),
                    out);
        }
        return TestBrowser.open(page.toUri(), Files.createDirectory(directory.resolve("browser")), 20_000)
                .dom();
    }

    private static Entry entry(int i, String value, Place place) {
        return new Entry(
                3,
                Optional.empty(),
                START_MS,
                State.LIVE,
                Optional.empty(),
                new Hash128(i, i),
                value.length(),
                i == 0 ? Optional.of(value.getBytes(UTF_8)) : Optional.empty(),
                place);
    }

    private static AuditResult result(int keys) {
        List<DivergentKey> divergent = new ArrayList<>();
        for (int i = 0; i < keys; i++) {
            TreeMap<String, Optional<Entry>> entries = new TreeMap<>();
            Place place = new Place("orders.eu", 0, 7 + i, START_MS + i * 1_000L);
            entries.put(
                    "eu",
                    Optional.of(entry(
                            i, "{\"count\":9007199254740993,\"same\":1,\"text\":\"</script>\",\"at\":1}", place)));
            entries.put(
                    "us",
                    i == 0
                            ? Optional.of(entry(i, "{\"same\":1,\"count\":9007199254740992}", place))
                            : Optional.empty());
            divergent.add(new DivergentKey(
                    (i == 0 ? "<script>alert(1)</script>" : "key-" + i).getBytes(UTF_8),
                    0,
                    entries,
                    List.of(new Difference("us", Divergence.MISSING, List.of("eu"))),
                    List.of(),
                    new Since("eu", place, place.timeMs(), false, true),
                    new Repairs(0, List.of(), List.of())));
        }
        List<PartitionSummary> partitions = List.of(
                new PartitionSummary(
                        new ReplicaPartition("eu", 0),
                        "orders.eu",
                        0,
                        9,
                        9,
                        5,
                        1,
                        500,
                        0,
                        1_790_000_000_000L,
                        Optional.of(new Hash128(1, 2))),
                new PartitionSummary(
                        new ReplicaPartition("us", 0),
                        "orders.us",
                        0,
                        9,
                        9,
                        5,
                        1,
                        500,
                        0,
                        1_790_000_000_000L,
                        Optional.of(new Hash128(1, 2))));
        return new AuditResult(
                new TreeMap<>(Map.of("eu", "trueup", "us", "trueup")),
                new AuditResult.Moment("latest", START_MS, Duration.ofSeconds(30)),
                false,
                List.of(),
                List.of(),
                partitions,
                keys,
                0,
                divergent,
                List.of(),
                "0123456789abcdef",
                new AuditResult.Effort(18, 1000, 1_000_000, 100, 10, 1));
    }
}
