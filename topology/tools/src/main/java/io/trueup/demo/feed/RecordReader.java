package io.trueup.demo.feed;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;

/**
 * Reads records from CSV with a header line (RFC 4180), from JSON lines or from a JSON array of objects, one at a time, so
 * that a file need not fit into memory. Every record becomes a JSON object; the text of one of its fields is the key.
 *
 * <p>{@link #next} throws {@link BadInputException} with the line of a record that is malformed or has no key. Not
 * thread-safe.
 */
public final class RecordReader implements Iterator<SourceRecord>, AutoCloseable {

    private static final String SAMPLE = "sample/cities.jsonl";
    private static final String SAMPLE_KEY = "id";
    private static final int PEEKED_BYTES = 4096;

    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .configure(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES, false);
    private static final CsvMapper CSV = CsvMapper.csvBuilder()
            .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
            .enable(CsvParser.Feature.FAIL_ON_MISSING_COLUMNS)
            .build();

    private final String name;
    private final String keyField;
    private final MappingIterator<? extends JsonNode> nodes;

    private RecordReader(String name, String keyField, MappingIterator<? extends JsonNode> nodes) {
        this.name = name;
        this.keyField = keyField;
        this.nodes = nodes;
    }

    /** Opens the sample that comes with Trueup: places of the world. */
    public static RecordReader ofSample() {
        return open(SAMPLE, RecordReader.class.getResourceAsStream(SAMPLE), SAMPLE_KEY);
    }

    /**
     * Opens a file. A name that ends in {@code .csv} means CSV; otherwise a first character <code>{</code> or {@code [} means
     * JSON, and any other character CSV.
     *
     * @throws BadInputException if it cannot be read
     */
    public static RecordReader of(Path file, String keyField) {
        try {
            return open(file.toString(), Files.newInputStream(file), keyField);
        } catch (NoSuchFileException e) {
            throw new BadInputException("no such file: " + file, e);
        } catch (IOException e) {
            throw new BadInputException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static RecordReader open(String name, InputStream stream, String keyField) {
        BufferedInputStream input = new BufferedInputStream(stream, 1 << 16);
        try {
            boolean csv = name.toLowerCase(Locale.ROOT).endsWith(".csv") || !looksLikeJson(input);
            return new RecordReader(name, keyField, csv ? csv(input) : json(input));
        } catch (IOException e) {
            throw new BadInputException("cannot read " + name + ": " + reason(e), e);
        }
    }

    private static boolean looksLikeJson(BufferedInputStream input) throws IOException {
        input.mark(PEEKED_BYTES);
        byte[] head = input.readNBytes(PEEKED_BYTES);
        input.reset();
        for (byte b : head) {
            boolean blankOrByteOrderMark = b == ' ' || b == '\t' || b == '\r' || b == '\n' || b < 0;
            if (!blankOrByteOrderMark) {
                return b == '{' || b == '[';
            }
        }
        return false;
    }

    private static MappingIterator<JsonNode> json(InputStream input) throws IOException {
        return JSON.readerFor(JsonNode.class).readValues(input);
    }

    private static MappingIterator<ObjectNode> csv(InputStream input) throws IOException {
        return CSV.readerFor(ObjectNode.class)
                .with(CsvSchema.emptySchema().withHeader())
                .readValues(input);
    }

    @Override
    public boolean hasNext() {
        try {
            return nodes.hasNextValue();
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    @Override
    public SourceRecord next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        JsonLocation before = nodes.getCurrentLocation();
        try {
            JsonNode node = nodes.nextValue();
            return new SourceRecord(key(node, before), JSON.writeValueAsBytes(node));
        } catch (RuntimeJsonMappingException e) {
            throw malformed(e.getCause() instanceof IOException cause ? cause : new IOException(e));
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    private String key(JsonNode node, JsonLocation at) {
        if (!node.isObject()) {
            throw new BadInputException(where(at) + "expected a JSON object, found " + brief(node.toString()));
        }
        JsonNode key = node.get(keyField);
        if (key == null) {
            throw new BadInputException(where(at) + "no field \"" + keyField + "\" in " + brief(node.toString())
                    + "; --key must name a field that every record has");
        }
        if (!key.isValueNode() || key.isNull() || key.asText().isEmpty()) {
            throw new BadInputException(where(at) + "field \"" + keyField
                    + "\" must be a text or a number and not empty, found " + brief(key.toString()));
        }
        return key.asText();
    }

    private BadInputException malformed(IOException e) {
        if (e instanceof JsonProcessingException problem) {
            JsonLocation at = problem.getLocation() == null ? nodes.getCurrentLocation() : problem.getLocation();
            return new BadInputException(where(at) + "malformed record: " + reason(problem), problem);
        }
        return new BadInputException(where(nodes.getCurrentLocation()) + reason(e), e);
    }

    private static String reason(IOException e) {
        String reason = e instanceof JsonProcessingException problem ? problem.getOriginalMessage() : e.getMessage();
        return brief(String.valueOf(reason).lines().findFirst().orElse(""));
    }

    private String where(JsonLocation at) {
        return name + " line " + at.getLineNr() + ": ";
    }

    private static String brief(String text) {
        return text.length() <= 160 ? text : text.substring(0, 160) + "…";
    }

    @Override
    public void close() {
        try {
            nodes.close();
        } catch (IOException e) {
            throw new BadInputException("cannot close " + name + ": " + e.getMessage(), e);
        }
    }
}
