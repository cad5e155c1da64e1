package io.trueup.source;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import io.trueup.avro.MalformedRecordException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the version of a change event comes from, in a form that orders the changes of one row on all replicas. Immutable.
 *
 * <p>Source of the members: "Data change events", the block {@code source}, in the documentation of Debezium's connectors.
 */
sealed interface DebeziumVersion {

    /**
     * Returns what a configuration names.
     *
     * @param text {@code column:<JSON pointer>}, {@code position:<database>} or {@code gtid:<database>}
     * @throws IllegalArgumentException if it is none of these
     */
    static DebeziumVersion of(String text) {
        int colon = text.indexOf(':');
        String name = text.substring(colon + 1);
        return switch (text.substring(0, Math.max(colon, 0))) {
            case "column" -> new Column(JsonPointer.compile(name));
            case "position" -> new Position();
            case "gtid" -> new TransactionNumber();
            default -> throw new IllegalArgumentException("unknown version " + text);
        };
    }

    /**
     * Returns the version of an event.
     *
     * @param event an event in the envelope
     * @param row the row that it states, or for a delete the row before it, in the form of {@link DebeziumTypes}; null if there is none
     * @param deleted whether the event is a delete
     * @throws MalformedRecordException if the event does not have it. An {@link IncompleteChangeException} if it does not because the
     *     database has not reported it
     */
    long of(JsonNode event, JsonNode row, boolean deleted) throws MalformedRecordException;

    /**
     * A column that the application raises with each change: a whole number, or a time, which counts in microseconds. A delete is newer than
     * the row that it deletes by one.
     *
     * @param pointer to a member of the row
     */
    record Column(JsonPointer pointer) implements DebeziumVersion {

        @Override
        public long of(JsonNode event, JsonNode row, boolean deleted) throws MalformedRecordException {
            JsonNode value = row == null ? null : row.at(pointer);
            boolean missing = value == null || value.isMissingNode() || value.isNull();
            if (missing && !deleted) {
                throw new MalformedRecordException("the row has no value in " + pointer + ", which is its version");
            }
            Long version = missing ? null : number(value);
            if (!missing && version == null) {
                throw new MalformedRecordException("the value of " + pointer
                        + ", which is the version, is neither a whole number of 64 bits nor a time: " + value);
            }
            if (!deleted) {
                return version;
            }
            if (version == null || version <= 0 || version == Long.MAX_VALUE) {
                throw IncompleteChangeException.ofKey(
                        "a delete does not say the version of the row before it, in " + pointer
                                + ": set REPLICA IDENTITY FULL on the table in PostgreSQL, or binlog_row_image=FULL in MySQL");
            }
            return version + 1;
        }

        private static Long number(JsonNode value) {
            try {
                if (value.isNumber()) {
                    BigDecimal number = value.decimalValue();
                    return number.precision() - number.scale() > MAX_DIGITS ? null : (Long) number.longValueExact();
                }
                return value.isTextual()
                        ? (Long) ChronoUnit.MICROS.between(Instant.EPOCH, time(value.textValue()))
                        : null;
            } catch (ArithmeticException | DateTimeException e) {
                return null;
            }
        }

        private static final int MAX_DIGITS = 19;

        private static Instant time(String text) {
            if (text.endsWith("Z")) {
                return Instant.parse(text);
            }
            return text.indexOf('T') < 0
                    ? LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)
                    : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
        }
    }

    /**
     * Where the change lies in the log of its database: {@code lsn} of PostgreSQL; of MySQL and MariaDB the number of the binlog file, and
     * {@code pos} within it in the lower 32 bits.
     */
    record Position() implements DebeziumVersion {

        private static final Pattern FILE = Pattern.compile(".*\\.(\\d{1,9})");
        private static final int POSITION_BITS = 32;

        @Override
        public long of(JsonNode event, JsonNode row, boolean deleted) throws MalformedRecordException {
            JsonNode source = event.path("source");
            JsonNode lsn = source.path("lsn");
            if (lsn.isIntegralNumber() && lsn.canConvertToLong()) {
                return lsn.longValue();
            }
            Matcher file = FILE.matcher(source.path("file").asText(""));
            JsonNode pos = source.path("pos");
            long position = pos.isIntegralNumber() && pos.canConvertToLong() ? pos.longValue() : -1;
            if (!file.matches() || position < 0 || position >>> POSITION_BITS != 0) {
                throw new MalformedRecordException(
                        "source has neither an lsn, as PostgreSQL's has, nor file and pos, as MySQL's has, so the event has no"
                                + " position");
            }
            return Long.parseLong(file.group(1)) << POSITION_BITS | position;
        }
    }

    /**
     * The number of the transaction in {@code gtid}, as one server of MySQL or MariaDB counts them for all servers that replicate from it. A
     * row of a snapshot has none: it is older than any change.
     */
    record TransactionNumber() implements DebeziumVersion {

        private static final Pattern GTID = Pattern.compile(".*[:-](\\d{1,18})");

        @Override
        public long of(JsonNode event, JsonNode row, boolean deleted) throws MalformedRecordException {
            Matcher gtid = GTID.matcher(event.path("source").path("gtid").asText(""));
            if (gtid.matches()) {
                return Long.parseLong(gtid.group(1));
            }
            if (event.path("op").asText().equals("r")) {
                return 0;
            }
            throw new MalformedRecordException(
                    "source has no gtid: switch GTIDs on in the database (gtid_mode=ON), or take another version");
        }
    }
}
