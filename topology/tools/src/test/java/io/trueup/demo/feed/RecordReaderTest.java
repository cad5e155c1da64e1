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
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordReaderTest {

    @TempDir
    Path directory;

    @Test
    void shouldReadQuotedCsvWithSeparatorsQuotesAndLineBreaksInFields() throws Exception {
        Path file =
                file("places.csv", "id,name,note\r\n1,\"Vila, Alta\",\"says \"\"ola\"\"\"\r\n2,\"two\nlines\",\r\n");

        assertThat(read(file, "id"))
                .containsExactly(
                        "1={\"id\":\"1\",\"name\":\"Vila, Alta\",\"note\":\"says \\\"ola\\\"\"}",
                        "2={\"id\":\"2\",\"name\":\"two\\nlines\",\"note\":\"\"}");
    }

    @Test
    void shouldReadJsonLinesWithTextAndNumbersAsKeys() throws Exception {
        Path file = file("places.jsonl", "{\"k\":7,\"v\":1.10}\n\n{\"k\":\"ä\",\"v\":[1,2]}\n");

        assertThat(read(file, "k")).containsExactly("7={\"k\":7,\"v\":1.10}", "ä={\"k\":\"ä\",\"v\":[1,2]}");
    }

    @Test
    void shouldReadArrayOfObjectsWhateverTheNameOfTheFile() throws Exception {
        Path file = file("places", " [ {\"k\":\"a\"},\n {\"k\":\"b\"} ] ");

        assertThat(read(file, "k")).containsExactly("a={\"k\":\"a\"}", "b={\"k\":\"b\"}");
    }

    @Test
    void shouldTakeTextThatIsNotJsonAsCsv() throws Exception {
        assertThat(read(file("places.txt", "\uFEFFk,v\na,1\n\nb,2\n"), "k"))
                .containsExactly("a={\"k\":\"a\",\"v\":\"1\"}", "b={\"k\":\"b\",\"v\":\"2\"}");
    }

    @Test
    void shouldNameTheLineOfMalformedJson() throws Exception {
        Path file = file("places.jsonl", "{\"k\":\"a\"}\n{\"k\":\"b\"}\n{\"k\":}\n");

        assertThatThrownBy(() -> read(file, "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("places.jsonl line 3: malformed record");
    }

    @Test
    void shouldNameTheLineWhereAnArrayIsCutOff() throws Exception {
        Path file = file("places.json", "[{\"k\":\"a\"},\n{\"k\":\"b\"}");

        assertThatThrownBy(() -> read(file, "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("places.json line 2: malformed record");
    }

    @Test
    void shouldNameTheLineOfRecordWithoutKey() throws Exception {
        assertThatThrownBy(() -> read(file("a.jsonl", "{\"k\":\"a\"}\n{\"other\":\"b\"}\n"), "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("a.jsonl line 2: no field \"k\"");
        assertThatThrownBy(() -> read(file("b.jsonl", "{\"k\":\"a\"}\n{\"k\":null}\n"), "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("b.jsonl line 2: field \"k\" must be");
        assertThatThrownBy(() -> read(file("c.csv", "k,v\na,1\nb,2\n,3\n"), "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("c.csv line 4: field \"k\" must be");
        assertThatThrownBy(() -> read(file("d.csv", "id,v\na,1\n"), "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("d.csv line 2: no field \"k\"");
    }

    @Test
    void shouldNameTheLineOfCsvRecordWithTooFewOrTooManyFields() throws Exception {
        assertThatThrownBy(() -> read(file("few.csv", "k,v,w\na,1,2\nb,1\nc,1,2\n"), "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("few.csv line 3: malformed record");
        assertThatThrownBy(() -> read(file("many.csv", "k,v\na,1\nb,1,2\n"), "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("many.csv line 3: malformed record");
    }

    @Test
    void shouldRefuseARecordThatIsNotAnObject() throws Exception {
        assertThatThrownBy(() -> read(file("a.json", "[{\"k\":\"a\"},\n17]"), "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("a.json line 2: expected a JSON object, found 17");
    }

    @Test
    void shouldReportAMissingFile() {
        assertThatThrownBy(() -> RecordReader.of(directory.resolve("none.csv"), "k"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("no such file")
                .hasMessageContaining("none.csv");
    }

    @Test
    void shouldReadTheSampleOfThousandsOfPlacesWithUniqueKeys() {
        Set<String> keys = new HashSet<>();
        Set<String> countries = new HashSet<>();
        try (RecordReader reader = RecordReader.ofSample()) {
            while (reader.hasNext()) {
                String key = reader.next().key();
                assertThat(keys.add(key)).as(key).isTrue();
                countries.add(key.substring(0, 2));
            }
        }
        assertThat(keys).hasSize(5_000).contains("AD/Andorra la Vella");
        assertThat(countries).hasSizeGreaterThan(240);
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }

    private static List<String> read(Path file, String key) {
        List<String> records = new ArrayList<>();
        try (RecordReader reader = RecordReader.of(file, key)) {
            while (reader.hasNext()) {
                SourceRecord record = reader.next();
                records.add(record.key() + "=" + new String(record.value(), StandardCharsets.UTF_8));
            }
        }
        return records;
    }
}
