#include "core/synthesis/kinds/kinds.h"

namespace cyto::synthesis {

const std::vector<Kind>& registry() {
  // name, what it is, whether it can have slices, whether it can have frames
  static const std::vector<Kind> kinds = {
      {{"fluorescence-nuclei", "nuclei stained for DNA", true, true}, makeFluorescentNuclei},
      {{"fluorescence-cells", "cytoplasm, membrane or skeleton of whole cells", true, true}, makeFluorescentCells},
      {{"phase-contrast-rods", "bacteria with halos", false, true}, makePhaseContrastRods},
      {{"phase-contrast-blobs", "yeasts and round cells with halos, in colonies", false, true}, makePhaseContrastBlobs},
      {{"phase-contrast-spread", "adherent cells with protrusions, some rounded up", false, true},
       makePhaseContrastSpread},
      {{"relief", "rods, blobs or spread cells in differential interference contrast", false, true}, makeRelief},
      {{"bright-field", "unstained rods, blobs or spread cells out of focus", false, true}, makeBrightField},
      {{"growth-channels", "bacteria in the channels of a mother machine", false, true}, makeGrowthChannels},
      {{"spheroids", "islets, spheroids and embryos: few large textured bodies", false, true}, makeSpheroids},
      {{"compound-bodies", "egg chambers and organoids: bodies that hold many nuclei", false, false},
       makeCompoundBodies},
      {{"membranes", "tissues whose stained walls tile the image", true, true}, makeMembranes},
      {{"electron-microscopy", "profiles of cells with dark membranes and organelles", true, false},
       makeElectronMicroscopy},
      {{"histology", "nuclei in tissue stained with haematoxylin and eosin, or one dye", false, false}, makeHistology},
      {{"smear", "small dark nuclei in large pale cells", false, false}, makeSmear},
      {{"blood", "blood cells with pale centres, few with nuclei", false, false}, makeBlood},
      {{"mixed-channels", "large nuclei among small cells that are not labelled, in several channels", false, true},
       makeMixedChannels},
  };
  return kinds;
}

}  // namespace cyto::synthesis
