# Finds a Java runtime of version 17 or newer: first that of JAVA_HOME, then the one on the PATH.
# Sourced by the launchers. find_java and find_build_tools end the script with a message if they find nothing.

# Prints the major version of the given java command, or nothing.
java_major() {
  "$1" -version 2>&1 | sed -n 's/^[^"]* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p' | head -n 1
}

# Sets java to a command and java_version to its major version.
find_java() {
  java_seen=
  for java in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} java; do
    command -v "$java" >/dev/null 2>&1 || continue
    java_version=$(java_major "$java")
    if [ "${java_version:-0}" -ge 17 ]; then
      return
    fi
    java_seen="$java_seen $java is version ${java_version:-unknown}."
  done
  echo "Trueup needs Java 17 or newer and found none.${java_seen}" >&2
  echo "Install a JDK 17 (Debian, Ubuntu: apt install openjdk-17-jdk; others: https://adoptium.net)" >&2
  echo "and put its bin directory on the PATH, or set JAVA_HOME to it${JAVA_HOME:+ (it is $JAVA_HOME)}." >&2
  exit 2
}

# Sets java_home to a JDK and maven to the command that builds Trueup: an installed Maven of version 3.8 or newer,
# otherwise the wrapper mvnw in the given directory, which downloads one. Used in the source tree only.
find_build_tools() {
  find_java
  java_home=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
  if [ ! -x "$java_home/bin/javac" ]; then
    echo "Trueup is built with a JDK 17 or newer, but $java_home has no compiler." >&2
    echo "Install a JDK (Debian, Ubuntu: apt install openjdk-17-jdk; others: https://adoptium.net)." >&2
    exit 2
  fi
  maven=mvn
  if ! installed_maven_suffices; then
    maven=$1/mvnw
    echo "There is no Maven 3.8 or newer on the PATH: mvnw downloads one (9 MB) unless it has done so before." >&2
    if ! JAVA_HOME=$java_home "$maven" -v >/dev/null </dev/null; then
      echo "Maven could not be downloaded: see the message above. Its address is in .mvn/wrapper/maven-wrapper.properties." >&2
      echo "mvnw downloads with wget, curl or the JDK, and unpacks with unzip or the JDK. To do without it, install" >&2
      echo "Maven 3.8 or newer (Debian, Ubuntu: apt install maven; others: https://maven.apache.org)." >&2
      exit 2
    fi
  fi
}

# Whether there is a Maven of version 3.8 or newer on the PATH.
installed_maven_suffices() {
  command -v mvn >/dev/null 2>&1 || return 1
  maven_version=$(JAVA_HOME=$java_home mvn -v 2>/dev/null </dev/null | sed -n 's/^.*Apache Maven \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
  maven_major=${maven_version% *}
  maven_minor=${maven_version#* }
  [ "${maven_major:-0}" -gt 3 ] || { [ "${maven_major:-0}" -eq 3 ] && [ "${maven_minor:-0}" -ge 8 ]; }
}
