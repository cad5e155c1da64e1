package io.trueup.demo.feed;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.demo.feed.FeedState.Row;
import io.trueup.replica.entry.StoredEntry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TableComparisonTest {

    private final Map<String, Row> feed = new TreeMap<>(Map.of("a", row(1, "one"), "b", row(2, "two")));

    @Test
    void shouldBeEqualIfAllRowsMatchTheFeed() {
        TableComparison comparison = compare(entry("a", 1, "one"), entry("b", 2, "two"));

        assertThat(comparison).isEqualTo(new TableComparison(2, 0, List.of()));
        assertThat(comparison.equal()).isTrue();
    }

    @Test
    void shouldFindRowsThatAreMissing() {
        assertThat(compare(entry("a", 1, "one")).sample()).containsExactly("b: missing");
    }

    @Test
    void shouldFindRowsThatAreNotInTheFeed() {
        assertThat(compare(entry("a", 1, "one"), entry("b", 2, "two"), entry("c", 3, "three"))
                        .sample())
                .containsExactly("c: not in the feed, or deleted there");
    }

    @Test
    void shouldFindDifferentValuesAndVersionsAlthoughTheNumberOfRowsIsRight() {
        TableComparison comparison = compare(entry("a", 1, "another"), entry("b", 7, "two"));

        assertThat(comparison.unequal()).isEqualTo(2);
        assertThat(comparison.sample()).containsExactly("a: different value", "b: version 7 instead of 2");
    }

    @Test
    void shouldDescribeSomeButCountAll() {
        for (int i = 0; i < 100; i++) {
            feed.put("more" + i, row(1, "x"));
        }

        TableComparison comparison = compare();

        assertThat(comparison.unequal()).isEqualTo(102);
        assertThat(comparison.sample()).hasSize(TableComparison.MAX_SAMPLE);
    }

    private TableComparison compare(StoredEntry... entries) {
        TableComparison.Builder builder = new TableComparison.Builder(feed);
        for (StoredEntry entry : entries) {
            builder.row(entry);
        }
        return builder.finish();
    }

    private static Row row(long version, String value) {
        return new Row(version, FeedState.digest(value.getBytes(StandardCharsets.UTF_8)), StoredEntry.NEVER);
    }

    private static StoredEntry entry(String key, long version, String value) {
        return new StoredEntry(
                key.getBytes(StandardCharsets.UTF_8),
                0,
                value.getBytes(StandardCharsets.UTF_8),
                version,
                0,
                false,
                StoredEntry.NEVER);
    }
}
