package io.trueup.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.config.TrueupConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;

/**
 * The unit of systemd in the distribution. Where systemd is on the machine, it verifies the unit itself; everywhere the
 * directives are compared with a table, and the paths and settings with the distribution and the job.
 */
class SystemdUnitIT {

    private static final Path UNIT = Repository.DISTRIBUTION.resolve("systemd/trueup.service");
    private static final String INSTALLED = "/opt/trueup";
    private static final String CONFIGURATION = "/etc/trueup/trueup.properties";
    /** In tenths, as {@code systemd-analyze security} counts from 0 to 10. */
    private static final int EXPOSURE_AT_MOST = 20;

    /** {@code Job.close} waits so long for its replicas and clients. */
    private static final int JOB_STOPS_WITHIN_SECONDS = 60;

    /** From systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.kill(5) and systemd.resource-control(5). */
    private static final Map<String, Set<String>> DIRECTIVES = Map.of(
            "Unit", Set.of("Description", "After", "Wants", "StartLimitIntervalSec", "StartLimitBurst"),
            "Service",
                    Set.of(
                            "Type",
                            "ExecStart",
                            "Environment",
                            "EnvironmentFile",
                            "LoadCredential",
                            "MemoryMax",
                            "LimitNOFILE",
                            "Restart",
                            "RestartSec",
                            "TimeoutStopSec",
                            "DynamicUser",
                            "StateDirectory",
                            "StateDirectoryMode",
                            "UMask",
                            "ProtectSystem",
                            "ProtectHome",
                            "PrivateTmp",
                            "PrivateDevices",
                            "PrivateUsers",
                            "NoNewPrivileges",
                            "CapabilityBoundingSet",
                            "AmbientCapabilities",
                            "ProtectClock",
                            "ProtectControlGroups",
                            "ProtectHostname",
                            "ProtectKernelLogs",
                            "ProtectKernelModules",
                            "ProtectKernelTunables",
                            "ProtectProc",
                            "RemoveIPC",
                            "RestrictAddressFamilies",
                            "RestrictNamespaces",
                            "RestrictRealtime",
                            "RestrictSUIDSGID",
                            "LockPersonality",
                            "KeyringMode",
                            "SystemCallArchitectures",
                            "SystemCallFilter",
                            "SystemCallErrorNumber"),
            "Install", Set.of("WantedBy"));

    @TempDir
    Path directory;

    private record Ended(int code, String output) {}

    @Test
    void shouldHaveDirectivesOfSystemdOnly() throws IOException {
        assertThat(unknown(Files.readString(UNIT))).isEmpty();
        assertThat(sections(Files.readString(UNIT)).keySet()).containsExactly("Install", "Service", "Unit");
        assertThat(unknown(Files.readString(UNIT).replace("ProtectSystem", "ProtectSytem")))
                .containsExactly("ProtectSytem in Service");
    }

    @Test
    void shouldBeAcceptedBySystemd(TestReporter reporter) throws Exception {
        if (!hasSystemd()) {
            reporter.publishEntry(
                    "systemd-analyze is not on this machine: the unit is compared with the table of directives alone");
            shouldHaveDirectivesOfSystemdOnly();
            return;
        }
        Ended verified = systemd("verify", "--man=no", installed("trueup.service", "ProtectSystem"));
        Ended misspelt = systemd("verify", "--man=no", installed("misspelt.service", "ProtectSytem"));
        Ended security = systemd(
                "security",
                "--offline=true",
                "--no-pager",
                "--threshold=" + EXPOSURE_AT_MOST,
                installed("trueup.service", "ProtectSystem"));

        assertThat(verified.output()).doesNotContain("trueup.service");
        assertThat(verified.code()).isZero();
        assertThat(misspelt.output()).contains("ProtectSytem");
        assertThat(security.code()).as(security.output()).isZero();
    }

    @Test
    void shouldStartTheLauncherOfTheDistribution() throws IOException {
        assertThat(values("ExecStart")).singleElement().satisfies(command -> {
            assertThat(command).isEqualTo(INSTALLED + "/bin/trueup run -c " + CONFIGURATION);
            assertThat(Repository.DISTRIBUTION.resolve("bin/trueup")).isExecutable();
        });
    }

    @Test
    void shouldSetWhatTheJobKnows() throws IOException {
        Path secret = Files.writeString(directory.resolve("hash.secret"), "a secret of no value");
        Map<String, String> environment = new HashMap<>();
        for (String assignment : values("Environment")) {
            int equals = assignment.indexOf('=');
            environment.put(
                    assignment.substring(0, equals),
                    assignment.substring(equals + 1).replace("%S", "/var/lib").replace("%d", directory.toString()));
        }
        Path file = Files.writeString(directory.resolve("trueup.properties"), """
                bootstrap.servers = localhost:9092
                dataset = products
                replicas = eu, us
                """);

        TrueupConfig config = TrueupConfig.load(file, environment);

        assertThat(config.stateDir())
                .isEqualTo(Path.of("/var/lib", values("StateDirectory").get(0)));
        assertThat(values("LoadCredential")).containsExactly(secret.getFileName() + ":/etc/trueup/hash.secret");
        assertThat(environment).containsKey("JAVA_OPTS");
    }

    @Test
    void shouldLetTheJobStopAndStartItAgain() throws IOException {
        assertThat(values("TimeoutStopSec"))
                .singleElement()
                .satisfies(timeout ->
                        assertThat(Integer.parseInt(timeout.replace("s", ""))).isGreaterThan(JOB_STOPS_WITHIN_SECONDS));
        assertThat(values("Restart")).containsExactly("on-failure");
    }

    /** The unit with the paths of this build instead of those of an installation. */
    private String installed(String name, String protectSystem) throws IOException {
        String text = Files.readString(UNIT)
                .replace(INSTALLED, Repository.DISTRIBUTION.toString())
                .replace("ProtectSystem", protectSystem);
        return Files.writeString(directory.resolve(name), text).toString();
    }

    private static boolean hasSystemd() {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "systemd-analyze")));
    }

    private Ended systemd(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("systemd-analyze"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Ended(process.waitFor(), output);
    }

    private static List<String> values(String directive) throws IOException {
        return sections(Files.readString(UNIT)).values().stream()
                .flatMap(List::stream)
                .filter(line -> line.startsWith(directive + "="))
                .map(line -> line.substring(directive.length() + 1))
                .toList();
    }

    private static Set<String> unknown(String text) {
        Set<String> unknown = new TreeSet<>();
        sections(text)
                .forEach((section, lines) -> lines.stream()
                        .map(line -> line.substring(0, Math.max(0, line.indexOf('='))))
                        .filter(directive ->
                                !DIRECTIVES.getOrDefault(section, Set.of()).contains(directive))
                        .forEach(directive -> unknown.add(directive + " in " + section)));
        return unknown;
    }

    /** The lines of each section, without comments. */
    private static Map<String, List<String>> sections(String text) {
        Map<String, List<String>> sections = new TreeMap<>();
        List<String> current = new ArrayList<>();
        for (String line : text.lines().toList()) {
            if (line.startsWith("[") && line.endsWith("]")) {
                current = sections.computeIfAbsent(line.substring(1, line.length() - 1), name -> new ArrayList<>());
            } else if (!line.isBlank() && !line.startsWith("#")) {
                current.add(line);
            }
        }
        return sections;
    }
}
