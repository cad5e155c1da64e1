package io.trueup.cli.shell;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/** Prints JSON objects at once, one a line. Absent members are null or left out. Not thread-safe. */
public final class JsonLines {

    private final JsonFactory factory = new JsonFactory();
    private final PrintWriter out;

    public JsonLines(PrintWriter out) {
        this.out = out;
    }

    /** Prints an object. Its members are texts, numbers, booleans, maps and iterables of these, or null. */
    public void print(Map<String, ?> object) {
        StringWriter line = new StringWriter();
        try (JsonGenerator json = factory.createGenerator(line)) {
            write(json, object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.println(line);
        out.flush();
    }

    /** Writes a text, a number, a boolean, a map or an iterable of these, or null. */
    public static void write(JsonGenerator json, Object value) throws IOException {
        if (value instanceof Map<?, ?> map) {
            json.writeStartObject();
            for (Map.Entry<?, ?> member : map.entrySet()) {
                json.writeFieldName(member.getKey().toString());
                write(json, member.getValue());
            }
            json.writeEndObject();
        } else if (value instanceof Iterable<?> elements) {
            json.writeStartArray();
            for (Object element : elements) {
                write(json, element);
            }
            json.writeEndArray();
        } else if (value instanceof Double number) {
            writeFinite(json, number);
        } else if (value instanceof Number number) {
            json.writeNumber(number.longValue());
        } else if (value instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else if (value == null) {
            json.writeNull();
        } else {
            json.writeString(value.toString());
        }
    }

    /** JSON has no word for infinity or for what is not a number. */
    private static void writeFinite(JsonGenerator json, double number) throws IOException {
        if (Double.isFinite(number)) {
            json.writeNumber(number);
        } else {
            json.writeNull();
        }
    }

    /** The counts in the order of their names. */
    public static Map<String, Object> sorted(Map<?, Long> counts) {
        Map<String, Object> sorted = new TreeMap<>();
        counts.forEach((name, count) -> sorted.put(name.toString(), count));
        return sorted;
    }
}
