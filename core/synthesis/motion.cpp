#include <algorithm>

#include "core/synthesis/population.h"

namespace cyto::synthesis {

namespace {

/// An agent on its way through the frames.
struct Walker {
  size_t agent;
  Pose pose;
  Point velocity;
  double cycle;
  SolidPointer solid;
};

/// The balls of a walker where it is now.
std::vector<std::pair<Point, double>> ballsOf(const Walker& walker) {
  const Body body(walker.solid, walker.pose.centre, walker.pose.angle);
  std::vector<std::pair<Point, double>> balls;
  for (const Ball& ball : walker.solid->balls()) balls.emplace_back(body.toFrame({0, 0, ball.x}), ball.radius);
  return balls;
}

class Life {
 public:
  Life(const Stage& stage, const Motion& motion, const std::vector<Crowd>& crowds, Random random,
       Population& population)
      : stage_(stage), motion_(motion), crowds_(crowds), random_(random), population_(population) {
    for (size_t i = 0; i < population.size(); ++i) walkers_.push_back(walkerOf(i));
  }

  void run() {
    for (int64_t frame = 1; frame < stage_.frames; ++frame) {
      for (Walker& walker : walkers_) step(walker);
      divideAll(frame);
      if (motion_.keepsApart) {
        for (int i = 0; i < 4; ++i) pushApart();
      }
      std::erase_if(walkers_, [this](const Walker& walker) { return hasLeft(walker); });
      for (const Walker& walker : walkers_) population_[walker.agent].poses.push_back(walker.pose);
    }
  }

 private:
  SolidPointer solidOf(const Agent& agent, const Pose& pose) const {
    return crowds_[static_cast<size_t>(agent.crowd)].solid(agent.look, pose);
  }

  Walker walkerOf(size_t agent) {
    const Pose& pose = population_[agent].poses.back();
    return {agent, pose, randomVelocity(), motion_.cycle * random_.uniform(0.8, 1.25),
            solidOf(population_[agent], pose)};
  }

  Point randomVelocity() {
    return {stage_.extent.isVolume() ? random_.normal() * motion_.speed : 0, random_.normal() * motion_.speed,
            random_.normal() * motion_.speed};
  }

  void step(Walker& walker) {
    const Point impulse = randomVelocity();
    const double kept = motion_.persistence, changed = std::sqrt(1 - kept * kept);
    const auto mix = [&](double& velocity, double by) { velocity = kept * velocity + changed * by; };
    mix(walker.velocity.z, impulse.z), mix(walker.velocity.y, impulse.y), mix(walker.velocity.x, impulse.x);
    walker.pose.centre.z += walker.velocity.z;
    walker.pose.centre.y += walker.velocity.y;
    walker.pose.centre.x += walker.velocity.x;
    walker.pose.angle += random_.normal() * motion_.turning;
    if (motion_.cycle <= 0) return;
    walker.pose.age += 1 / walker.cycle;
    walker.pose.size *= std::pow(motion_.growth, 1 / walker.cycle);
    walker.solid = solidOf(population_[walker.agent], walker.pose);
  }

  void divideAll(int64_t frame) {
    if (motion_.cycle <= 0) return;
    std::vector<Walker> next;
    for (Walker& walker : walkers_) {
      if (walker.pose.age < 1) {
        next.push_back(std::move(walker));
      } else {
        for (const double side : {-1.0, 1.0}) next.push_back(daughterOf(walker, side, frame));
      }
    }
    walkers_ = std::move(next);
  }

  Walker daughterOf(const Walker& mother, double side, int64_t frame) {
    Agent agent;
    agent.parent = static_cast<int64_t>(mother.agent);
    agent.firstFrame = frame;
    agent.look = random_.bits();
    agent.crowd = population_[mother.agent].crowd;
    agent.isLabelled = population_[mother.agent].isLabelled;
    Pose pose = mother.pose;
    const double offset = side * motion_.separation * mother.solid->reach();
    pose.centre.x += offset * std::cos(pose.angle);
    pose.centre.y += offset * std::sin(pose.angle);
    pose.size /= motion_.growth;
    pose.age = 0;
    Walker walker{population_.size(), pose, mother.velocity, motion_.cycle * random_.uniform(0.8, 1.25),
                  solidOf(agent, pose)};
    population_.push_back(std::move(agent));
    return walker;
  }

  /// Moves each pair of bodies that overlap away from each other, and turns long ones.
  void pushApart() {
    std::vector<std::vector<std::pair<Point, double>>> balls;
    std::vector<size_t> order(walkers_.size());
    for (size_t i = 0; i < walkers_.size(); ++i) {
      balls.push_back(ballsOf(walkers_[i]));
      order[i] = i;
    }
    const auto x = [&](size_t i) { return walkers_[i].pose.centre.x; };
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return x(a) != x(b) ? x(a) < x(b) : a < b; });
    double widest = 0;
    for (const Walker& walker : walkers_) widest = std::max(widest, walker.solid->reach());
    for (size_t i = 0; i < order.size(); ++i) {
      const double own = walkers_[order[i]].solid->reach();
      for (size_t j = i + 1; j < order.size() && x(order[j]) - x(order[i]) < own + widest; ++j) {
        pushPair(order[i], order[j], balls);
      }
    }
  }

  void pushPair(size_t a, size_t b, const std::vector<std::vector<std::pair<Point, double>>>& balls) {
    for (const auto& [p, radiusP] : balls[a]) {
      for (const auto& [q, radiusQ] : balls[b]) {
        const Point apart{p.z - q.z, p.y - q.y, p.x - q.x};
        const double distance = std::sqrt(apart.z * apart.z + apart.y * apart.y + apart.x * apart.x);
        const double overlap = 0.95 * (radiusP + radiusQ) - distance;
        if (overlap <= 0 || distance < 1e-6) continue;
        const double share = 0.3 * overlap / distance;
        const Point push{apart.z * share, apart.y * share, apart.x * share};
        move(walkers_[a], p, push, 1);
        move(walkers_[b], q, push, -1);
      }
    }
  }

  static void move(Walker& walker, const Point& at, const Point& push, double side) {
    const double leverY = at.y - walker.pose.centre.y, leverX = at.x - walker.pose.centre.x;
    const double reach = walker.solid->reach();
    walker.pose.centre.z += side * push.z;
    walker.pose.centre.y += side * push.y;
    walker.pose.centre.x += side * push.x;
    walker.pose.angle += side * (leverX * push.y - leverY * push.x) / (reach * reach);
  }

  bool hasLeft(const Walker& walker) const {
    const double reach = walker.solid->reach(), height = walker.solid->halfHeight();
    const Point& centre = walker.pose.centre;
    return centre.y < -reach || centre.x < -reach || centre.y > static_cast<double>(stage_.extent.y) + reach ||
           centre.x > static_cast<double>(stage_.extent.x) + reach ||
           (stage_.extent.isVolume() && (centre.z < -height || centre.z > stage_.height() + height));
  }

  const Stage& stage_;
  const Motion& motion_;
  const std::vector<Crowd>& crowds_;
  Random random_;
  Population& population_;
  std::vector<Walker> walkers_;
};

}  // namespace

void live(const Stage& stage, const Motion& motion, const std::vector<Crowd>& crowds, Random random,
          Population& population) {
  if (stage.frames > 1) Life(stage, motion, crowds, random, population).run();
}

}  // namespace cyto::synthesis
