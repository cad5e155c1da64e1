package io.trueup.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A real browser: Chromium, which is installed if it is missing and apt-get exists. */
public final class TestBrowser {

    private static final long LONGEST_S = 300;

    private TestBrowser() {}

    /**
     * What a page is after its scripts have run.
     *
     * @param dom the document
     * @param log what the browser has written, which includes the console of the page
     */
    public record Shown(String dom, String log) {}

    /**
     * Opens a page, and lets its scripts run for a time that passes as fast as they allow.
     *
     * @param directory for the profile of the browser; must be empty
     */
    public static Shown open(URI page, Path directory, long runMs) throws IOException, InterruptedException {
        Path dom = directory.resolve("dom.html");
        Path log = directory.resolve("browser.log");
        Process browser = new ProcessBuilder(
                        executable(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--enable-logging=stderr",
                        "--user-data-dir=" + directory.resolve("profile"),
                        "--virtual-time-budget=" + runMs,
                        "--dump-dom",
                        page.toString())
                .redirectOutput(dom.toFile())
                .redirectError(log.toFile())
                .start();
        boolean ended = browser.waitFor(LONGEST_S, TimeUnit.SECONDS);
        browser.destroyForcibly();
        assertThat(ended).as("the browser has ended").isTrue();
        return new Shown(Files.readString(dom), Files.readString(log));
    }

    /** The browser; installs one if there is none. */
    public static String executable() throws IOException, InterruptedException {
        Optional<String> found = find();
        if (found.isEmpty()) {
            install();
            found = find();
        }
        return found.orElseThrow(() -> new AssertionError("There is no browser, and none could be installed: install"
                + " Chromium (Debian, Ubuntu: apt install chromium), or name one in TRUEUP_TEST_BROWSER."));
    }

    private static Optional<String> find() {
        List<String> names = new ArrayList<>(List.of("chromium", "chromium-browser", "google-chrome"));
        Optional.ofNullable(System.getenv("TRUEUP_TEST_BROWSER")).ifPresent(named -> names.add(0, named));
        for (String name : names) {
            for (String path : System.getenv("PATH").split(":", -1)) {
                Path candidate = Path.of(path).resolve(name);
                if (Files.isExecutable(candidate)) {
                    return Optional.of(candidate.toString());
                }
            }
        }
        return Optional.empty();
    }

    private static void install() throws IOException, InterruptedException {
        for (List<String> command :
                List.of(List.of("apt-get", "update", "-q"), List.of("apt-get", "install", "-y", "-q", "chromium"))) {
            if (Files.isExecutable(Path.of("/usr/bin/apt-get"))) {
                Process apt = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                assertThat(apt.waitFor(10, TimeUnit.MINUTES)).isTrue();
            }
        }
    }
}
