package io.trueup.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParser;
import org.apache.avro.SchemaValidatorBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares every schema with its earlier versions. */
class SchemaHistoryTest {

    private static final Path CURRENT = Path.of("src/main/avro");
    private static final Path HISTORY = Path.of("src/history");

    static Stream<String> names() throws IOException {
        return children(CURRENT).stream()
                .map(file -> file.getFileName().toString().replace(".avsc", ""));
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldReadRecordsOfEveryVersion(String name) throws IOException {
        List<Schema> newestFirst = versions(name);
        Collections.reverse(newestFirst);

        assertThatCode(() -> new SchemaValidatorBuilder()
                        .canReadStrategy()
                        .validateAll()
                        .validate(current(name), newestFirst))
                .as(
                        "%s.avsc must read records of every version in src/history/%s: give new fields a default",
                        name, name)
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldBeTheNewestVersionOfItsHistory(String name) throws IOException {
        List<Schema> versions = versions(name);

        assertThat(versions)
                .as("src/history/%s has no version 1: copy %s.avsc there", name, name)
                .isNotEmpty();
        assertThat(current(name))
                .as(
                        "%s.avsc has changed: copy it to src/history/%s/%d.avsc, or over %d.avsc if that was never released",
                        name, name, versions.size() + 1, versions.size())
                .isEqualTo(versions.get(versions.size() - 1));
    }

    @Test
    void shouldHaveAHistoryForEachSchemaAndNoOther() throws IOException {
        assertThat(children(HISTORY))
                .extracting(folder -> folder.getFileName().toString())
                .containsExactlyInAnyOrderElementsOf(names().toList());
    }

    private static Schema current(String name) throws IOException {
        return parse(CURRENT.resolve(name + ".avsc"));
    }

    /** Versions 1, 2, 3… of the schema. A missing number is a failure. */
    private static List<Schema> versions(String name) throws IOException {
        Path folder = HISTORY.resolve(name);
        List<Schema> versions = new ArrayList<>();
        for (int version = 1; version <= children(folder).size(); version++) {
            versions.add(parse(folder.resolve(version + ".avsc")));
        }
        return versions;
    }

    private static Schema parse(Path file) throws IOException {
        return new SchemaParser().parse(file).mainSchema();
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
