package io.trueup.cli.audit;

import io.trueup.audit.AuditPoint;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.cli.shell.OptionFile;
import io.trueup.config.Durations;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Reads the value of {@code --at}: {@code latest}, a time, how long ago, or a file of offsets. */
final class AuditPointArgument {

    private static final String OPTION = "--at";
    private static final String NO_OFFSET = "-";

    private final String text;
    private final CommandSpec command;

    AuditPointArgument(String text, CommandSpec command) {
        this.text = text;
        this.command = command;
    }

    /** @throws ParameterException if the value is none of these, or names a time in the future or an unusable file */
    AuditPoint point() {
        if (text.equals("latest")) {
            return new AuditPoint.Latest();
        }
        Optional<Duration> ago = ago();
        if (ago.isPresent()) {
            return new AuditPoint.Time(Instant.now().minus(ago.get()).toEpochMilli(), ago);
        }
        Optional<Instant> time = time();
        if (time.isPresent()) {
            if (time.get().isAfter(Instant.now())) {
                throw unusable(text + " is in the future");
            }
            return new AuditPoint.Time(time.get().toEpochMilli(), Optional.empty());
        }
        Path file = path();
        if (file == null || !Files.exists(file)) {
            throw unusable(
                    "'" + text + "' is neither latest, nor a time such as 2026-11-22T12:00:00Z, nor how long ago, such"
                            + " as 30s or 2h, nor a file");
        }
        return new AuditPoint.Offsets(offsets(file));
    }

    private Optional<Duration> ago() {
        try {
            return Optional.of(Durations.parse(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Optional<Instant> time() {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private Path path() {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private Map<ReplicaPartition, Long> offsets(Path file) {
        Map<ReplicaPartition, Long> ends = new TreeMap<>();
        List<String> lines = new OptionFile(command, OPTION, file).lines();
        int number = 0;
        for (String line : lines) {
            number++;
            String stripped = line.strip();
            if (stripped.isEmpty() || stripped.startsWith("#")) {
                continue;
            }
            String[] columns = stripped.split("\\s+", -1);
            try {
                if (columns[2].equals(NO_OFFSET)) {
                    throw unusable(file + " has the roots of an audit as of a time, which has no offsets."
                            + " Give the same time with --at: " + lines.get(0));
                }
                ends.put(new ReplicaPartition(columns[0], Integer.parseInt(columns[1])), Long.parseLong(columns[2]));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw unusable("line " + number + " of " + file + " is not replica, partition and offset, such as"
                        + " `eu 0 1234`: " + stripped);
            }
        }
        return ends;
    }

    private ParameterException unusable(String fault) {
        return new ParameterException(command.commandLine(), OPTION + ": " + fault);
    }
}
