package io.trueup;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/** The boundaries between packages: which may know which, and what keeps the core pure. */
@AnalyzeClasses(packages = "io.trueup", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    /** For each package the others that it may use. A package that is new has to be entered here. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("schema", Set.of()),
            Map.entry("tree", Set.of()),
            Map.entry("reconcile", Set.of("tree")),
            Map.entry("failure", Set.of()),
            Map.entry("state", Set.of("failure", "tree")),
            Map.entry("avro", Set.of("schema")),
            Map.entry("config", Set.of("reconcile", "tree")),
            Map.entry("source", Set.of("avro", "schema", "tree")),
            Map.entry("repair", Set.of("avro", "reconcile", "schema", "source", "tree")),
            Map.entry("control", Set.of("avro", "reconcile", "schema", "tree")),
            Map.entry("report", Set.of("config", "reconcile", "schema", "tree")),
            Map.entry(
                    "stream",
                    Set.of(
                            "avro",
                            "config",
                            "control",
                            "failure",
                            "reconcile",
                            "repair",
                            "report",
                            "schema",
                            "source",
                            "state",
                            "tree")),
            Map.entry(
                    "command",
                    Set.of("avro", "config", "control", "failure", "reconcile", "repair", "schema", "source", "tree")),
            Map.entry(
                    "job",
                    Set.of(
                            "avro",
                            "config",
                            "control",
                            "failure",
                            "reconcile",
                            "repair",
                            "report",
                            "schema",
                            "source",
                            "state",
                            "stream",
                            "tree")),
            Map.entry("topic", Set.of()),
            Map.entry("audit", Set.of("avro", "reconcile", "source", "topic", "tree")),
            Map.entry("audit.table", Set.of("tree")),
            Map.entry("history", Set.of("avro", "config", "schema", "source", "topic", "tree")),
            Map.entry("replica", Set.of("avro", "schema")),
            Map.entry("broker", Set.of()),
            Map.entry("demo", Set.of("avro", "broker", "command", "config", "job", "replica", "schema")),
            Map.entry("bench", Set.of("audit", "avro", "broker", "reconcile", "schema", "source", "topic")),
            Map.entry(
                    "cli",
                    Set.of(
                            "audit",
                            "bench",
                            "command",
                            "config",
                            "demo",
                            "history",
                            "job",
                            "reconcile",
                            "replica",
                            "schema",
                            "source",
                            "topic",
                            "tree")));

    private static final String[] PURE = {"io.trueup.tree..", "io.trueup.reconcile.."};

    @ArchTest
    static final ArchRule everyPackageHasItsPlace = classes()
            .should()
            .resideInAnyPackage(MAY_USE.keySet().stream()
                    .map(ArchitectureTest::withSubpackages)
                    .toArray(String[]::new))
            .because("ArchitectureTest.MAY_USE says where each package may reach");

    @ArchTest
    static final ArchRule packagesUseOnlyWhatTheyMay = CompositeArchRule.of(MAY_USE.keySet().stream()
            .sorted()
            .map(ArchitectureTest::staysInside)
            .toList());

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching("io.trueup.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theCoreIsBuiltOnTheLanguageAlone = classes()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(PURE)
                    .or(resideInAnyPackage("java.lang", "java.lang.invoke", "java.lang.runtime"))
                    .or(resideInAnyPackage("java.util", "java.util.function", "java.util.stream"))
                    .or(resideInAnyPackage("java.nio", "java.nio.charset", "java.security", "javax.crypto..")))
            .because("a core without Kafka, Avro, files and sockets can be simulated and read on its own");

    @ArchTest
    static final ArchRule theCoreReadsNoClock = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.time..")
            .because("time comes in with each call, so a run can be repeated");

    @ArchTest
    static final ArchRule theCoreDrawsNoLots = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(
                    Random.class,
                    RandomGenerator.class,
                    SecureRandom.class,
                    SplittableRandom.class,
                    ThreadLocalRandom.class)
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .callMethod(Collections.class, "shuffle", List.class)
            .because("the same inputs give the same outputs");

    private static ArchRule staysInside(String name) {
        String[] allowed = MAY_USE.get(name).stream()
                .map(ArchitectureTest::withSubpackages)
                .toArray(String[]::new);
        return classes()
                .that()
                .resideInAPackage(withSubpackages(name))
                .should()
                .onlyDependOnClassesThat(resideOutsideOfPackage("io.trueup..")
                        .or(resideInAPackage(withSubpackages(name)))
                        .or(resideInAnyPackage(allowed)))
                .as("package " + name + " should use "
                        + MAY_USE.get(name).stream().sorted().toList() + " of this project only")
                .allowEmptyShould(true);
    }

    private static String withSubpackages(String name) {
        return "io.trueup." + name + "..";
    }
}
