package io.trueup.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Runs the contract in JavaScript, in {@code node}. Node.js is installed if it is missing and apt-get exists. Without it the tests fail:
 * nothing else shows that other languages can do it.
 */
final class Node {

    static final Path SCRIPTS = Path.of("node");

    private Node() {}

    /**
     * Starts a script, which finds the packages that were installed for it.
     *
     * @param arguments the script and its arguments
     */
    static Process start(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("node"));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment()
                .put(
                        "NODE_PATH",
                        modules(Path.of(arguments.get(0)).getParent())
                                .resolve("node_modules")
                                .toAbsolutePath()
                                .toString());
        return launched(builder);
    }

    private static Path modules(Path scripts) {
        return Path.of("target").resolve(scripts);
    }

    /** Installs the packages that the scripts of a folder need below {@code target}, unless they are there. */
    static void installModules(Path scripts) throws Exception {
        Path modules = modules(scripts);
        Path lock = modules.resolve("package-lock.json");
        if (Files.exists(modules.resolve("node_modules"))
                && Files.mismatch(lock, scripts.resolve("package-lock.json")) < 0) {
            return;
        }
        Files.createDirectories(modules);
        for (String file : List.of("package.json", "package-lock.json")) {
            Files.copy(scripts.resolve(file), modules.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Process npm = launched(
                new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts")
                        .directory(modules.toFile())
                        .redirectErrorStream(true));
        String output = output(npm.inputReader(UTF_8));
        if (!npm.waitFor(5, TimeUnit.MINUTES) || npm.exitValue() != 0) {
            Files.deleteIfExists(lock);
            throw new AssertionError("npm cannot install the packages of " + scripts
                    + "; once it can be reached, run (cd topology/datastore/" + scripts + " && npm ci) to see why:\n"
                    + output);
        }
    }

    static String output(BufferedReader reader) {
        return reader.lines().collect(Collectors.joining("\n"));
    }

    private static Process launched(ProcessBuilder builder) throws IOException {
        try {
            return builder.start();
        } catch (IOException e) {
            install();
        }
        try {
            return builder.start();
        } catch (IOException e) {
            throw new AssertionError(
                    builder.command().get(0)
                            + " cannot be run, and could not be installed: install Node.js 18 or later, for"
                            + " example with apt-get install nodejs npm, or brew install node",
                    e);
        }
    }

    /** Installs Node.js where apt-get exists. */
    private static synchronized void install() throws IOException {
        Path apt = Path.of("/usr/bin/apt-get");
        for (String command : List.of("update -q", "install -y -q --no-install-recommends nodejs npm")) {
            if (Files.isExecutable(apt)) {
                List<String> words = new ArrayList<>(List.of(apt.toString()));
                words.addAll(List.of(command.split(" ", -1)));
                Process running = new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                running.onExit().join();
            }
        }
    }
}
