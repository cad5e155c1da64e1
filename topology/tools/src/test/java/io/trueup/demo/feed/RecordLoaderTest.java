package io.trueup.demo.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordLoaderTest {

    @TempDir
    Path directory;

    private final List<String> first = new ArrayList<>();
    private final List<String> again = new ArrayList<>();

    @Test
    void shouldPassOnEachRecordOnceAndDistinguishRepeatedKeys() throws Exception {
        assertThat(load("k,v\na,1\nb,2\na,3\n", 0)).isEqualTo(2);

        assertThat(first).containsExactly("a={\"k\":\"a\",\"v\":\"1\"}", "b={\"k\":\"b\",\"v\":\"2\"}");
        assertThat(again).containsExactly("a={\"k\":\"a\",\"v\":\"3\"}");
    }

    @Test
    void shouldRepeatRecordsUnderNewKeysUntilThereAreEnough() throws Exception {
        assertThat(load("k\na\nb\n", 5)).isEqualTo(5);

        assertThat(first)
                .containsExactly(
                        "a={\"k\":\"a\"}",
                        "b={\"k\":\"b\"}",
                        "a~2={\"k\":\"a\"}",
                        "b~2={\"k\":\"b\"}",
                        "a~3={\"k\":\"a\"}");
    }

    @Test
    void shouldStopWhenThereAreEnoughKeys() throws Exception {
        assertThat(load("k\na\nb\nc\n", 2)).isEqualTo(2);
        assertThat(first).hasSize(2);
    }

    @Test
    void shouldRefuseInputWithoutRecords() {
        assertThatThrownBy(() -> load("k\n", 5))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("no records");
    }

    @Test
    void shouldSampleUniformlyAndReproduciblyForASeed() {
        List<String> chosen = choose(3);

        assertThat(new HashSet<>(chosen)).hasSize(100);
        assertThat(chosen).isEqualTo(choose(3)).isNotEqualTo(choose(4));
        assertThat(chosen.stream().filter(key -> Integer.parseInt(key) >= 5_000))
                .as("from the second half")
                .hasSizeBetween(30, 70);
    }

    @Test
    void shouldSampleEverythingThatFits() {
        KeyPool pool = new KeyPool(10, 1);
        pool.offer(new SourceRecord("a", new byte[0]));
        pool.offer(new SourceRecord("b", new byte[0]));

        assertThat(pool.records()).extracting(SourceRecord::key).containsExactly("a", "b");
    }

    @Test
    void shouldReviseAValueWithOneMoreField() {
        assertThat(revised("{\"a\":1}")).isEqualTo("{\"a\":1,\"revision\":7}");
        assertThat(revised("{}")).isEqualTo("{\"revision\":7}");
    }

    private static String revised(String json) {
        byte[] value = new SourceRecord("k", json.getBytes(StandardCharsets.UTF_8)).revised(7);
        return new String(value, StandardCharsets.UTF_8);
    }

    private static List<String> choose(long seed) {
        KeyPool pool = new KeyPool(100, seed);
        IntStream.range(0, 10_000).forEach(number -> pool.offer(new SourceRecord(String.valueOf(number), new byte[0])));
        return pool.records().stream().map(SourceRecord::key).toList();
    }

    private int load(String csv, int wanted) throws IOException {
        Path file = Files.writeString(directory.resolve("input.csv"), csv);
        return new RecordLoader(() -> RecordReader.of(file, "k"), wanted)
                .forEach(record -> first.add(text(record)), record -> again.add(text(record)));
    }

    private static String text(SourceRecord record) {
        return record.key() + "=" + new String(record.value(), StandardCharsets.UTF_8);
    }
}
