#pragma once

#include "core/synthesis/painter.h"

namespace cyto::synthesis {

/// One function per kind of the registry.
std::unique_ptr<Painter> makeFluorescentNuclei(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeFluorescentCells(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makePhaseContrastRods(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makePhaseContrastBlobs(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makePhaseContrastSpread(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeRelief(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeBrightField(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeGrowthChannels(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeSpheroids(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeCompoundBodies(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeMembranes(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeElectronMicroscopy(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeHistology(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeSmear(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeBlood(const Stage& stage, bool allowsColour);
std::unique_ptr<Painter> makeMixedChannels(const Stage& stage, bool allowsColour);

/// A radius that is typical of a sample, equally likely in every octave and small enough for the frame.
double typicalRadius(const Stage& stage, double smallest, double largest, Random& random);

/// Sizes around a typical one; `variation` is the deviation of the logarithm.
std::function<double(Random&)> sizesAround(double typical, double variation);

/// A number near 1 that is never far from it.
double someFactor(double variation, Random& random);

}  // namespace cyto::synthesis
