package io.trueup.demo.feed;

import java.nio.charset.StandardCharsets;

/**
 * One record of the input. Arrays are not copied.
 *
 * @param key the record key
 * @param value a JSON object in UTF-8
 */
public record SourceRecord(String key, byte[] value) {

    /** The same record under another key. */
    public SourceRecord withKey(String other) {
        return new SourceRecord(other, value);
    }

    /** The value with one more field, {@code revision}. */
    public byte[] revised(long revision) {
        String json = new String(value, StandardCharsets.UTF_8);
        String fields = json.substring(0, json.lastIndexOf('}'));
        String separator = fields.trim().endsWith("{") ? "" : ",";
        return (fields + separator + "\"revision\":" + revision + "}").getBytes(StandardCharsets.UTF_8);
    }
}
