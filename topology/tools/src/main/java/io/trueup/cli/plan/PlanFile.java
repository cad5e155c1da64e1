package io.trueup.cli.plan;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trueup.cli.shell.Formats;
import io.trueup.cli.shell.JsonLines;
import io.trueup.cli.shell.OptionFile;
import io.trueup.failure.KeyFormat;
import io.trueup.plan.PlanHeader;
import io.trueup.plan.PlanLine;
import io.trueup.plan.PlannedRepair;
import io.trueup.plan.RepairPlan;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import picocli.CommandLine.ParameterException;

/**
 * A plan in a file: one JSON object a line, the first one about the audit, each other one a repair. A person may remove lines; empty lines
 * and members that are not known are ignored. It is read line by line. Used by one thread.
 */
public final class PlanFile implements Iterator<PlanLine>, AutoCloseable {

    static final int VERSION = 1;

    private static final String BYTE_ORDER_MARK = "\ufeff";

    private final OptionFile file;
    private final BufferedReader lines;
    private final PlanHeader header;
    private int number;
    private PlanLine next;

    private PlanFile(OptionFile file, BufferedReader lines) throws IOException {
        this.file = file;
        this.lines = lines;
        header = header(lines.readLine());
        number = 1;
        advance();
    }

    /**
     * Opens a file.
     *
     * @throws ParameterException if it cannot be read, or does not begin as a plan
     */
    static PlanFile open(OptionFile file) {
        BufferedReader lines = null;
        try {
            lines = Files.newBufferedReader(file.path());
            return new PlanFile(file, lines);
        } catch (IOException e) {
            close(lines);
            throw unreadable(file, e);
        } catch (RuntimeException e) {
            close(lines);
            throw e;
        }
    }

    private static ParameterException unreadable(OptionFile file, IOException failure) {
        if (failure instanceof NoSuchFileException || failure instanceof CharacterCodingException) {
            file.checkReadable();
        }
        return file.unusable("cannot be read: " + failure);
    }

    private static void close(BufferedReader lines) {
        try {
            if (lines != null) {
                lines.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes a plan to a new file.
     *
     * @throws java.nio.file.FileAlreadyExistsException if the file exists
     */
    public static void write(RepairPlan plan, Path path) throws IOException {
        try (Writer writer = Files.newBufferedWriter(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writer.write(line(members(plan.header())));
            for (PlannedRepair repair : plan.repairs()) {
                writer.write(line(members(repair)));
            }
        }
    }

    private static String line(Map<String, ?> members) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonMapper().createGenerator(text)) {
            JsonLines.write(json, members);
        }
        return text.append('\n').toString();
    }

    private static Map<String, Object> members(PlanHeader header) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("plan", VERSION);
        json.put("dataset", header.dataset());
        json.put("moment", Formats.time(header.momentMs()));
        json.put("fingerprint", header.fingerprint());
        json.put("doubts", header.doubts());
        return json;
    }

    private static Map<String, Object> members(PlannedRepair repair) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("key", KeyFormat.of(repair.key()));
        json.put("partition", repair.partition());
        json.put("target", repair.target());
        json.put("reason", repair.reason().name());
        Map<String, Object> winner = new LinkedHashMap<>();
        winner.put("replica", repair.winner().replica());
        winner.put("topic", repair.winner().topic());
        winner.put("offset", repair.winner().offset());
        winner.put("version", repair.winner().version());
        winner.put("position", Formats.time(repair.winner().positionMs()));
        winner.put("deleted", repair.winner().deleted());
        json.put("winner", winner);
        json.put("observed", repair.observed().map(PlanFile::members).orElse(null));
        json.put("since", Formats.time(repair.sinceMs()));
        return json;
    }

    private static Map<String, Object> members(PlannedRepair.Observed observed) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("topic", observed.topic());
        json.put("offset", observed.offset());
        json.put("version", observed.version());
        json.put("deleted", observed.deleted());
        return json;
    }

    PlanHeader header() {
        return header;
    }

    private PlanHeader header(String text) {
        if (text == null) {
            throw file.unusable("is empty; `trueup audit --plan` writes plans");
        }
        String line = text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
        try {
            PlanObject json = PlanObject.parse(line);
            long version = json.number("plan", 0, Long.MAX_VALUE);
            if (version != VERSION) {
                throw new IllegalArgumentException(
                        "the plan has format version " + version + ", and this program reads version " + VERSION);
            }
            return new PlanHeader(
                    json.text("dataset"), json.time("moment"), json.text("fingerprint"), json.texts("doubts"));
        } catch (IllegalArgumentException e) {
            throw file.unusable(
                    "is no plan of `trueup audit --plan`, or its first line is missing: line 1: " + e.getMessage());
        }
    }

    private void advance() throws IOException {
        String line;
        do {
            line = lines.readLine();
            number++;
        } while (line != null && line.isBlank());
        try {
            next = line == null
                    ? null
                    : new PlanLine(number, PlanObject.parse(line).repair());
        } catch (IllegalArgumentException e) {
            throw file.unusable("line " + number + ": " + e.getMessage());
        }
    }

    @Override
    public boolean hasNext() {
        return next != null;
    }

    /** @throws ParameterException if the line after it is malformed, or cannot be read */
    @Override
    public PlanLine next() {
        PlanLine line = next;
        if (line == null) {
            throw new NoSuchElementException();
        }
        try {
            advance();
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        return line;
    }

    @Override
    public void close() {
        close(lines);
    }
}
