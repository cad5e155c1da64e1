package io.trueup.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/** The wall clock of processes, which can be set. Needs libfaketime: {@code apt-get install faketime}. */
final class FakeClock {

    private final Path directory;

    /** Shows the right time. */
    FakeClock(Path directory) throws IOException {
        this.directory = directory;
        step("+0");
    }

    private Path offset() {
        return directory.resolve("clock");
    }

    /** Lets the wall clock differ from now on, such as by {@code +1d}. */
    void step(String by) throws IOException {
        Path next = directory.resolve("clock.next");
        Files.writeString(next, by);
        Files.move(next, offset(), StandardCopyOption.REPLACE_EXISTING);
    }

    /** The environment of processes that have this clock. */
    Map<String, String> environment() {
        Path library = List.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64").stream()
                .map(path -> Path.of(path, "faketime", "libfaketimeMT.so.1"))
                .filter(Files::exists)
                .findFirst()
                .orElseThrow(() -> new AssertionError("libfaketime is missing: apt-get install faketime"));
        return Map.of(
                "LD_PRELOAD",
                library.toString(),
                "FAKETIME_TIMESTAMP_FILE",
                offset().toString(),
                "FAKETIME_CACHE_DURATION",
                "1",
                "FAKETIME_DONT_FAKE_MONOTONIC",
                "1");
    }
}
